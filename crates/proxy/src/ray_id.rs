//! Ray IDs: the name of one request, the same for visitor, origin, record and story (EDGE-65).

use std::{cell::Cell, fmt};

/// Sixteen lower-case hexadecimal digits. Near-unique: a key together with the time, not a secret.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct RayId([u8; 16]);

impl RayId {
    /// The digits, as logs and JSON bodies write them.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// The digits of this number.
    pub fn from_number(number: u64) -> Self {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut text = [0; 16];
        for (i, digit) in text.iter_mut().enumerate() {
            *digit = DIGITS[(number >> (60 - 4 * i)) as usize & 15];
        }
        Self(text)
    }
}

impl fmt::Display for RayId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for RayId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RayId({self})")
    }
}

/// A worker's own source of random numbers (xorshift64*), seeded by the system: no lock and no system call per request.
pub(crate) struct Randomness(Cell<u64>);

impl Randomness {
    /// A source with a seed from the operating system.
    pub(crate) fn from_system() -> Result<Self, getrandom::Error> {
        Ok(Self::from_seed(getrandom::u64()?))
    }

    /// A source with this seed. Zero would only ever give zero, so it stands for another number.
    pub(crate) fn from_seed(seed: u64) -> Self {
        Self(Cell::new(if seed == 0 { 0x9e37_79b9_7f4a_7c15 } else { seed }))
    }

    /// The next number.
    pub(crate) fn next(&self) -> u64 {
        let mut x = self.0.get();
        x ^= x >> 12;
        x ^= x << 25;
        x ^= x >> 27;
        self.0.set(x);
        x.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // EDGE-65: sixteen lower-case hexadecimal digits.
    #[test]
    fn a_ray_id_is_sixteen_hexadecimal_digits() {
        assert_eq!(RayId::from_number(0x230b_0300_23ae_2822).as_str(), "230b030023ae2822");
        assert_eq!(RayId::from_number(7).as_str(), "0000000000000007");
    }

    #[test]
    fn a_source_does_not_repeat_itself_soon() {
        let source = Randomness::from_seed(0);
        let seen: std::collections::HashSet<u64> = (0..10_000).map(|_| source.next()).collect();
        assert_eq!(seen.len(), 10_000);
    }
}
