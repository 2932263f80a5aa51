//! Secrets as printable text: RFC 4648 base32 with a check value, in groups a person can type.

use data_encoding::BASE32_NOPAD;
use sealkeep_crypto::{SecretVec, Suite, hash};

const CHECK: usize = 4;
const GROUP: usize = 5;

/// `mark ‖ base32(bytes ‖ check) ‖ tail`, the code in groups of five.
pub(crate) fn encode(mark: &str, bytes: &[u8], tail: &str) -> SecretVec {
    let mut checked = SecretVec::zeroed(bytes.len() + CHECK);
    checked.expose_mut()[..bytes.len()].copy_from_slice(bytes);
    checked.expose_mut()[bytes.len()..].copy_from_slice(&check(bytes));

    let mut code = SecretVec::zeroed(BASE32_NOPAD.encode_len(checked.len()));
    BASE32_NOPAD.encode_mut(checked.expose(), code.expose_mut());
    let groups = code.len().div_ceil(GROUP);
    let mut text = SecretVec::zeroed(mark.len() + code.len() + groups - 1 + tail.len());
    let out = text.expose_mut();
    out[..mark.len()].copy_from_slice(mark.as_bytes());
    let mut at = mark.len();
    for (number, group) in code.expose().chunks(GROUP).enumerate() {
        if number > 0 {
            out[at] = b'-';
            at += 1;
        }
        out[at..at + group.len()].copy_from_slice(group);
        at += group.len();
    }
    out[at..].copy_from_slice(tail.as_bytes());
    text
}

/// Reads such a code, without mark and tail; forgiving about case, blanks and hyphens, about nothing else.
pub(crate) fn decode(code: &str) -> Option<SecretVec> {
    let letters: Vec<u8> = code
        .bytes()
        .filter(|byte| !byte.is_ascii_whitespace() && *byte != b'-')
        .map(|byte| byte.to_ascii_uppercase())
        .collect();
    let letters = SecretVec::from_vec(letters);
    let mut bytes = SecretVec::zeroed(BASE32_NOPAD.decode_len(letters.len()).ok()?);
    let len = BASE32_NOPAD.decode_mut(letters.expose(), bytes.expose_mut()).ok()?;
    let (body, given) = bytes.expose()[..len].split_at_checked(len.checked_sub(CHECK)?)?;
    if given != check(body) {
        return None;
    }
    let mut out = SecretVec::zeroed(body.len());
    out.expose_mut().copy_from_slice(body);
    Some(out)
}

/// Finds typing errors. SM3, so that a GM store's texts need no other hash; the same in both suites.
fn check(bytes: &[u8]) -> [u8; CHECK] {
    hash(Suite::Sm4Gcm, &[b"sealkeep/v1/text", bytes])[..CHECK]
        .try_into()
        .expect("a hash is longer")
}
