//! The implementations of the AEADs, against each other.

use sealkeep_crypto::{Aead, Level, OpenJob, SealJob, Suite};

use crate::targets::Target;

/// One for each suite.
pub const TARGETS: &[Target] = &[
    Target { name: "aes-levels", seeds, run: |input| compare(Suite::Aes256Gcm, input) },
    Target { name: "sm4-levels", seeds, run: |input| compare(Suite::Sm4Gcm, input) },
];

/// Key, nonce, three lengths, and bytes for the AAD and two messages.
const FIXED: usize = 32 + 12 + 3;

fn seeds() -> Vec<Vec<u8>> {
    let lens = [0, 1, 16, 100, 1024, 2048, 2049, 5000];
    lens.map(|len| (0..FIXED + len).map(|i| (i * 7 % 251) as u8).collect()).into()
}

/// All levels that this processor has give one ciphertext and tag, and all refuse the same.
fn compare(suite: Suite, input: &[u8]) {
    let Some((fixed, rest)) = input.split_at_checked(FIXED) else { return };
    let key = &fixed[..suite.key_len()];
    let nonce: [u8; 12] = fixed[32..44].try_into().expect("twelve bytes");
    let (aad, rest) = rest.split_at(usize::from(fixed[44]).min(rest.len()));
    let (first, second) = rest.split_at(usize::from(fixed[45]).min(rest.len()));
    // The tests name the levels that this processor lacks.
    let mut results = suite.levels().iter().filter_map(|level| {
        let aead = suite.aead_at(*level, key)?;
        Some((*level, run(&*aead, nonce, aad, [first, second], fixed[46])))
    });
    let (_, portable) = results.next().expect("the portable level");
    for (level, result) in results {
        assert!(result == portable, "{level} differs from {}", Level::Portable);
    }
}

/// Ciphertexts and tags of both messages, and which of them does not open if one bit of a tag is
/// turned. With the right tags, what was sealed comes back.
fn run(
    aead: &dyn Aead,
    nonce: [u8; 12],
    aad: &[u8],
    messages: [&[u8]; 2],
    bit: u8,
) -> ([Vec<u8>; 2], [[u8; 16]; 2], Option<usize>) {
    let mut sealed = messages.map(<[u8]>::to_vec);
    let mut jobs = sealed.each_mut().map(|data| SealJob { nonce, aad, data, tag: [0; 16] });
    aead.seal_many(&mut jobs);
    let tags = jobs.map(|job| job.tag);
    let open = |tags: [[u8; 16]; 2]| {
        let mut opened = sealed.clone();
        let [one, two] = opened.each_mut();
        let mut jobs = [
            OpenJob { nonce, aad, data: one, tag: tags[0] },
            OpenJob { nonce, aad, data: two, tag: tags[1] },
        ];
        let wrong = aead.open_many(&mut jobs).err();
        (opened, wrong)
    };
    let (opened, wrong) = open(tags);
    assert!(wrong.is_none(), "what was sealed is refused");
    assert_eq!(opened, messages, "what comes back is not what was sealed");

    let mut damaged = tags;
    damaged[usize::from(bit >> 7)][usize::from(bit & 127) / 8] ^= 1 << (bit % 8);
    let (opened, wrong) = open(damaged);
    assert_eq!(
        wrong,
        Some(usize::from(bit >> 7)),
        "a wrong tag is accepted, or a right one refused"
    );
    let wrong = wrong.inspect(|wrong| {
        assert!(opened[*wrong].iter().all(|byte| *byte == 0), "unverified data is left");
        assert!(
            opened.iter().zip(messages).take(*wrong).all(|(opened, message)| opened == message)
        );
    });
    (sealed, tags, wrong)
}
