//! Who may call: the bearer token.

use super::call::Caller;
use crate::answer::Failure;
use axum::http::{HeaderMap, header::AUTHORIZATION};
use control::TokenFacts;

/// Headers of the ways to sign in that are not offered here.
const KEY_HEADERS: [&str; 3] = ["x-auth-key", "x-auth-email", "x-auth-user-service-key"];

/// Who sends these headers, given a way to look a token up.
///
/// # Errors
/// What is wrong with the credentials.
pub(super) fn identify(
    headers: &HeaderMap,
    verify: impl FnOnce(&str) -> Option<TokenFacts>,
) -> Result<Caller, Failure> {
    let Some(value) = headers.get(AUTHORIZATION) else {
        let key = KEY_HEADERS.iter().any(|name| headers.contains_key(*name));
        return Err(if key { Failure::KeyInsteadOfToken } else { Failure::NoToken });
    };
    let token = value.to_str().ok().and_then(bearer).ok_or(Failure::NotBearer)?;
    verify(token).map(Caller::Token).ok_or(Failure::WrongToken)
}

/// The token of `Bearer TOKEN`; the scheme's letter case does not matter (RFC 9110 section 11.1).
fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.trim().split_once(' ')?;
    let token = token.trim_start();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty() && !token.contains(' ')).then_some(token)
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::Timestamp;

    fn identify_with(headers: &[(&'static str, &'static str)]) -> Result<Caller, Failure> {
        let headers = headers.iter().map(|(name, value)| ((*name).parse().unwrap(), value.parse().unwrap())).collect();
        let facts = || TokenFacts { id: "1".to_owned(), issued_on: Timestamp::UNIX_EPOCH };
        identify(&headers, |token| (token == "right").then(facts))
    }

    /// LB-10
    #[test]
    fn only_the_right_bearer_token_is_let_in() {
        assert!(matches!(identify_with(&[("authorization", "bearer right")]), Ok(Caller::Token(_))));
        assert!(matches!(identify_with(&[]), Err(Failure::NoToken)));
        assert!(matches!(identify_with(&[("authorization", "Bearer wrong")]), Err(Failure::WrongToken)));
        for odd in ["right", "Basic right", "Bearer", "Bearer ", "Bearer right wrong"] {
            assert!(matches!(identify_with(&[("authorization", odd)]), Err(Failure::NotBearer)), "{odd}");
        }
        let key = [("x-auth-email", "a@example.com"), ("x-auth-key", "right")];
        assert!(matches!(identify_with(&key), Err(Failure::KeyInsteadOfToken)));
    }
}
