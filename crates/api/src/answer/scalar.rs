//! How single values look in answers.

use model::Timestamp;
use serde::{Serialize, Serializer};
use utoipa::{PartialSchema, ToSchema, openapi};

/// A time as answers write it: RFC 3339, UTC, six sub-second digits.
pub(crate) fn stamp(time: Timestamp) -> String {
    format!("{time:.6}")
}

/// A JSON number. Whole values are written without a fraction: `30`, not `30.0`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Number(pub f64);

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        /// Below this every whole float is an exact integer.
        const EXACT: f64 = 9_007_199_254_740_992.0;
        if self.0.fract() == 0.0 && self.0.abs() < EXACT {
            serializer.serialize_i64(self.0 as i64)
        } else {
            serializer.serialize_f64(self.0)
        }
    }
}

impl PartialSchema for Number {
    fn schema() -> openapi::RefOr<openapi::schema::Schema> {
        f64::schema()
    }
}

impl ToSchema for Number {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_have_no_fraction() {
        let text = serde_json::to_string(&[Number(30.0), Number(0.25), Number(-0.0), Number(1e300)]).unwrap();
        assert_eq!(text, "[30,0.25,0,1e+300]");
    }

    #[test]
    fn times_have_six_digits_and_end_in_z() {
        let time: Timestamp = "2014-01-01T05:20:00.123456789Z".parse().unwrap();
        assert_eq!(stamp(time), "2014-01-01T05:20:00.123456Z");
    }
}
