//! What RFC 9110 and 9112 let a part of a message consist of. Whatever passes here can be written on a line of a message
//! without meaning anything else there.

/// The longest name of a method, in bytes.
pub(super) const MAX_METHOD: usize = 64;

/// Fields that are about the connection, or say where a message goes and where it ends: they are the host's alone.
const FORBIDDEN: [&str; 12] = [
    "connection",
    "expect",
    "host",
    "http2-settings",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// Whether a guest may not set the field `name`, and does not see it in a response.
pub(super) fn is_forbidden(name: &str) -> bool {
    FORBIDDEN.iter().any(|forbidden| name.eq_ignore_ascii_case(forbidden))
}

/// A `token`: names of methods and fields.
pub(super) fn is_token(text: &str) -> bool {
    let in_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !text.is_empty() && text.bytes().all(in_token)
}

/// A value of a field: anything but control characters, apart from the tab.
pub(super) fn is_field_value(value: &[u8]) -> bool {
    value.iter().all(|byte| *byte == b'\t' || (*byte >= 0x20 && *byte != 0x7f))
}

/// A path with or without a query: empty, `*`, or what begins with `/` or `?`; without blanks, fragments and what is not ASCII.
pub(super) fn is_path(text: &str) -> bool {
    let begins = text.is_empty() || text == "*" || text.starts_with(['/', '?']);
    begins && text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#')
}

/// A name of a scheme.
pub(super) fn is_scheme(text: &str) -> bool {
    text.len() <= MAX_METHOD
        && text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
}

/// The number of a `content-length`: digits alone.
pub(super) fn content_length(value: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(value).ok()?.trim_matches([' ', '\t']);
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_passes_ends_a_line_or_a_word() {
        for byte in 0..=u8::MAX {
            let char = char::from(byte);
            let ends = !(0x21..0x7f).contains(&byte) || b"\"(),/:;<=>?@[\\]{}".contains(&byte);
            assert_eq!(is_token(&format!("a{char}b")), !ends, "{byte}");
            assert_eq!(is_path(&format!("/a{char}")), (0x21..0x7f).contains(&byte) && byte != b'#', "{byte}");
            assert_eq!(is_field_value(&[byte]), byte == b'\t' || (byte >= 0x20 && byte != 0x7f), "{byte}");
        }
        assert!(!is_token("") && is_path("") && is_path("*") && is_path("?a=b") && !is_path("a"));
        assert!(is_scheme("git+ssh") && !is_scheme("1a") && !is_scheme("a:b") && !is_scheme(""));
    }

    #[test]
    fn a_length_is_digits() {
        assert_eq!(content_length(b" 12\t"), Some(12));
        for wrong in [&b"+1"[..], b"-1", b"", b"1,1", b"0x1", b"18446744073709551616", b"1 2"] {
            assert_eq!(content_length(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn what_is_forbidden_is_so_in_any_case() {
        assert!(is_forbidden("Host") && is_forbidden("TRANSFER-encoding") && !is_forbidden("content-length"));
    }
}
