//! Ids as lower-case hexadecimal digits.

use std::fmt::Write;

/// Two digits for each byte.
pub(crate) fn show(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut out, byte| {
        write!(out, "{byte:02x}").expect("strings take everything");
        out
    })
}

/// Reads exactly what [`show`] gives for so many bytes.
pub(crate) fn parse<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let digits = text.as_bytes();
    let mut out = [0; N];
    if digits.len() != 2 * N {
        return None;
    }
    for (byte, pair) in out.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_is_read() {
        assert_eq!(show(&[0, 0xa5, 0xff]), "00a5ff");
        assert_eq!(parse::<3>("00a5ff"), Some([0, 0xa5, 0xff]));
        for bad in ["00a5f", "00a5ff0", "00A5ff", "00a5fg", "", "+0a5ff"] {
            assert_eq!(parse::<3>(bad), None, "{bad}");
        }
    }
}
