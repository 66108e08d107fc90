//! The one answer made before any site is known.

use super::Answer;

/// 403 without a name, a Ray ID or a reason: the TLS handshake was for a name that belongs to no site here, so there is
/// no one on whose behalf to say more (`EDGE-21`).
pub fn bare_forbidden() -> Answer {
    const BODY: &str =
        "<html>\r\n<head><title>403 Forbidden</title></head>\r\n<body><h1>403 Forbidden</h1></body>\r\n</html>\r\n";
    Answer {
        status: 403,
        content_type: "text/html; charset=UTF-8",
        body: BODY.into(),
        retry_after: None,
        proxy_status: None,
    }
}
