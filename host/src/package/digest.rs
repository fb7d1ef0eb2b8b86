//! Digests and keys as people write them: hexadecimal, both ways.

/// 64 hexadecimal digits, with or without `sha256:` before them.
pub(crate) fn parse_digest(text: &str) -> Option<[u8; 32]> {
    parse_hex(text.strip_prefix("sha256:").unwrap_or(text))
}

/// As many bytes as there are pairs of hexadecimal digits, and no digit more.
pub(super) fn parse_hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digits = text.as_bytes();
    if digits.len() != N * 2 {
        return None;
    }
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        let [high, low] = [pair[0], pair[1]].map(|digit| char::from(digit).to_digit(16));
        *byte = u8::try_from(high? * 16 + low?).ok()?;
    }
    Some(bytes)
}

/// Bytes as people write them.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
