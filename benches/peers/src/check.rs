//! Before anything is timed: all contenders compute the same.

use crate::contender::{Aead, Contender, Hash, Tag, Worker};
use crate::contest::Contest;
use crate::measure::SIZES;

/// Lengths around blocks and groups of blocks, beside the ones that are measured.
const ODD_LENGTHS: [usize; 9] = [1, 15, 16, 17, 255, 257, 1023, 4097, (16 << 10) + 13];

const NONCE: [u8; 12] = *b"a nonce, 12.";
const AAD: &[u8] = b"twenty bytes of data";

/// Seals, opens and hashes with every contender.
///
/// # Errors
/// Who differs from the first of them, or opens what it must not.
pub fn agree(contest: &Contest) -> Result<(), String> {
    let Some(first) = contest.contenders.first() else { return Ok(()) };
    for len in ODD_LENGTHS.into_iter().chain(SIZES.map(|(_, len)| len)) {
        let text: Vec<u8> = (0..=250).cycle().take(len).collect();
        let want = answer(first, contest, &text)?;
        for contender in &contest.contenders[1..] {
            let same = answer(contender, contest, &text)?.agrees_with(&want);
            let (name, first) = (&contender.name, &first.name);
            same.then_some(()).ok_or_else(|| format!("{name} differs from {first} at {len} B"))?;
        }
    }
    Ok(())
}

/// Ciphertext and tag, or a hash alone.
struct Answer {
    bytes: Vec<u8>,
    tag: Option<Tag>,
}

impl Answer {
    fn agrees_with(&self, other: &Self) -> bool {
        let tags = self.tag.zip(other.tag);
        self.bytes == other.bytes && tags.is_none_or(|(one, other)| one == other)
    }
}

fn answer(contender: &Contender, contest: &Contest, text: &[u8]) -> Result<Answer, String> {
    let key: Vec<u8> = (1..).take(contest.subject.key_len()).collect();
    match contender.worker(&key) {
        Worker::Hash(hash) => Ok(hashed(hash, text)),
        Worker::Aead(aead) => {
            sealed(aead, text).map_err(|problem| format!("{}: {problem}", contender.name))
        }
    }
}

fn hashed(mut hash: Hash, text: &[u8]) -> Answer {
    Answer { bytes: hash(text).to_vec(), tag: None }
}

fn sealed(mut aead: Box<dyn Aead>, text: &[u8]) -> Result<Answer, &'static str> {
    let mut data = text.to_vec();
    let mut tag = aead.seal(&NONCE, AAD, &mut data);
    let bytes = data.clone();
    if !aead.open(&NONCE, AAD, &mut data, &tag) || data != text {
        return Err("does not open what it sealed");
    }
    if !aead.authenticates() {
        return Ok(Answer { bytes, tag: None });
    }
    let good = tag;
    tag[15] ^= 1;
    if aead.open(&NONCE, AAD, &mut bytes.clone(), &tag) {
        return Err("takes a wrong tag");
    }
    Ok(Answer { bytes, tag: Some(good) })
}
