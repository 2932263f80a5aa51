//! Before anything is timed: all contenders compute the same.

use crate::contender::{Aead, Contender, Tag, Worker, parts};
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
    let Some((first, others)) = contest.contenders.split_first() else { return Ok(()) };
    let key: Vec<u8> = (1..).take(contest.subject.key_len()).collect();
    for len in ODD_LENGTHS.into_iter().chain(SIZES.map(|(_, len)| len)) {
        let text: Vec<u8> = (0..=250).cycle().take(len).collect();
        let whole = answer(first, &key, &text)?;
        for contender in others {
            let same = match contender.worker(&key) {
                Worker::HashParts(mut hash) => hash(&text).concat() == each_part(first, &text)?,
                _ => answer(contender, &key, &text)?.agrees_with(&whole),
            };
            let (name, first) = (&contender.name, &first.name);
            same.then_some(()).ok_or_else(|| format!("{name} differs from {first} at {len} B"))?;
        }
    }
    Ok(())
}

/// Ciphertext and tag, or hashes alone.
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

fn answer(contender: &Contender, key: &[u8], text: &[u8]) -> Result<Answer, String> {
    match contender.worker(key) {
        Worker::Hash(mut hash) => Ok(Answer { bytes: hash(text).to_vec(), tag: None }),
        Worker::HashParts(mut hash) => Ok(Answer { bytes: hash(text).concat(), tag: None }),
        Worker::Aead(aead) => {
            sealed(aead, text).map_err(|problem| format!("{}: {problem}", contender.name))
        }
    }
}

/// What a hash of whole messages makes of each part.
fn each_part(hash: &Contender, text: &[u8]) -> Result<Vec<u8>, String> {
    let digests = parts(text).into_iter().map(|part| Ok(answer(hash, &[], part)?.bytes));
    Ok(digests.collect::<Result<Vec<_>, String>>()?.concat())
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contest::Subject;

    /// A stand-in for a hash.
    fn last_byte(data: &[u8]) -> [u8; 32] {
        [*data.last().expect("no message is empty"); 32]
    }

    #[test]
    fn parts_are_hashed_each_on_its_own() {
        let of_parts = |count: usize| {
            Contender::hash_parts("parts", move || {
                move |data: &[u8]| parts(data).into_iter().take(count).map(last_byte).collect()
            })
        };
        let contest = |other: Contender| {
            let whole = Contender::hash("whole", || last_byte);
            Contest { subject: Subject::Sm3, contenders: vec![whole, other], absent: Vec::new() }
        };
        assert_eq!(agree(&contest(of_parts(16))), Ok(()));
        let problem = "parts differs from whole at 15 B";
        assert_eq!(agree(&contest(of_parts(1))), Err(problem.to_owned()));
    }
}
