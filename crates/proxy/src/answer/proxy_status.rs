//! The `Proxy-Status` header (RFC 9209), written as a structured field (RFC 8941).

/// One member: this edge, the error type, our own word for it, and where the request was going.
///
/// ```text
/// bellwether; error=connection_refused; details="tcp_refused"
/// ```
pub fn proxy_status(server_name: &str, error: &str, details: &str, next_hop: Option<&str>) -> String {
    let mut value = String::with_capacity(96);
    push_name(&mut value, server_name);
    value.push_str("; error=");
    value.push_str(error);
    if let Some(next_hop) = next_hop {
        value.push_str("; next-hop=");
        push_string(&mut value, next_hop);
    }
    value.push_str("; details=");
    push_string(&mut value, details);
    value
}

/// A token where the name is one, else a string: RFC 9209 section 2 allows both.
fn push_name(out: &mut String, name: &str) {
    if is_token(name) { out.push_str(name) } else { push_string(out, name) }
}

/// RFC 8941 section 3.3.4.
fn is_token(text: &str) -> bool {
    let starts_well = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '*');
    starts_well && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~:/".contains(&b))
}

/// RFC 8941 section 3.3.3: printable ASCII, with quotes and backslashes escaped. Anything else becomes a question mark.
fn push_string(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            ' '..='~' => out.push(c),
            _ => out.push('?'),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn it_reads_as_rfc_9209_writes_it() {
        assert_eq!(
            proxy_status("bellwether", "connection_refused", "tcp_refused", None),
            r#"bellwether; error=connection_refused; details="tcp_refused""#
        );
        assert_eq!(
            proxy_status("my edge", "dns_error", "x", Some("pool/\"a\\b\"")),
            r#""my edge"; error=dns_error; next-hop="pool/\"a\\b\""; details="x""#
        );
    }

    proptest! {
        #[test]
        fn a_stranger_cannot_break_out_of_the_header(name: String, next_hop: String) {
            let value = proxy_status(&name, "dns_error", "x", Some(&next_hop));
            prop_assert!(value.bytes().all(|b| (b' '..=b'~').contains(&b)), "{value:?}");
        }
    }
}
