//! Base64 (RFC 4648 §4) in its one form.

use data_encoding::BASE64;

/// The bytes of a text; none if it is not their only encoding. (The crate below also takes encodings with padding that stand one
/// after the other, so that a signed text would have a second form.)
#[must_use]
pub fn decode(text: &str) -> Option<Vec<u8>> {
    let padding = text.find('=').unwrap_or(text.len());
    let bytes = BASE64.decode(text.as_bytes()).ok()?;
    (padding + 2 >= text.len()).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_one_form() {
        for (text, bytes) in [("", &b""[..]), ("Zg==", b"f"), ("Zm8=", b"fo"), ("Zm9v", b"foo")] {
            assert_eq!(decode(text).as_deref(), Some(bytes));
        }
        for text in ["Zg==Zg==", "Zm8=Zm8=", "Zm8=Zm9v", "Zh==", "Zg=", "Zg", "Zg==\n", "Z g=="] {
            assert_eq!(decode(text), None, "{text}");
        }
    }
}
