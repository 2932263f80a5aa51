//! Whether what lies in a file now was written there by this run: what a run that goes on may take for its own work. A file
//! that somebody wrote to since is theirs, and is left alone.

use std::fs::File;
use std::os::unix::fs::FileExt;

use super::buffer::ALIGN;
use super::error::{Error, io};
use super::fill::{Fill, UNIT_LEN};

/// Whether some pass was begun on it. A block of a random pass shows it; a fixed pattern may have been there before, so
/// there every block must be one of a pass.
///
/// # Errors
/// `Io`.
pub(super) fn was_begun(file: &File, bases: &[u64], fills: &[Fill]) -> Result<bool, Error> {
    let (mut random, mut passes, mut other) = (false, false, false);
    each_block(file, bases, fills, |seen| match seen {
        Seen::Random => random = true,
        Seen::Fixed => passes = true,
        Seen::Zeros => {}
        Seen::Other => other = true,
    })?;
    Ok(random || (passes && !other))
}

/// Whether the last pass was written all over it, or it was cut to nothing after that. Holes were passed over.
///
/// # Errors
/// `Io`.
pub(super) fn was_finished(file: &File, bases: &[u64], fills: &[Fill]) -> Result<bool, Error> {
    let mut other = false;
    let last = fills.len().saturating_sub(1);
    each_block(file, bases, &fills[last..], |seen| other |= matches!(seen, Seen::Other))?;
    Ok(!other)
}

/// What a block is.
enum Seen {
    /// A part of a random pass, long enough to be no chance.
    Random,
    /// What a fixed pass writes there, or so short a part of a random one that it may be chance.
    Fixed,
    /// Zeros, which no pass wrote: a hole.
    Zeros,
    Other,
}

fn each_block(
    file: &File,
    bases: &[u64],
    fills: &[Fill],
    mut see: impl FnMut(Seen),
) -> Result<(), Error> {
    let len = file.metadata().map_err(io("look at it"))?.len();
    let (mut there, mut written) = (vec![0; UNIT_LEN], vec![0; UNIT_LEN]);
    for start in (0..len).step_by(UNIT_LEN) {
        let size = usize::try_from(len - start).unwrap_or(UNIT_LEN).min(UNIT_LEN);
        let there = &mut there[..size];
        file.read_exact_at(there, start).map_err(io("read it"))?;
        let mut seen: Vec<Seen> = there
            .chunks(ALIGN)
            .map(
                |block| if block.iter().all(|&byte| byte == 0) { Seen::Zeros } else { Seen::Other },
            )
            .collect();
        for fill in fills {
            // A fixed pattern is the same from any base.
            for &base in if fill.is_random() { bases } else { &[0] } {
                fill.write(base, start, &mut written[..size]);
                let blocks = there.chunks(ALIGN).zip(written[..size].chunks(ALIGN));
                for (seen, (block, pass)) in seen.iter_mut().zip(blocks) {
                    if block == pass && !matches!(seen, Seen::Random) {
                        let sure = fill.is_random() && block.len() >= SURE;
                        *seen = if sure { Seen::Random } else { Seen::Fixed };
                    }
                }
            }
        }
        seen.into_iter().for_each(&mut see);
    }
    Ok(())
}

/// So many bytes are not equal by chance.
const SURE: usize = 16;

#[cfg(test)]
mod tests {
    use super::super::fill::Seed;
    use super::super::method::Pass;
    use super::*;

    fn fills(passes: &[Pass]) -> Vec<Fill> {
        let seed = Seed::from_bytes(&[7; 32]).unwrap();
        passes.iter().zip(1..).map(|(pass, number)| Fill::new(pass, number, &seed)).collect()
    }

    fn file(content: &[u8]) -> File {
        let file = tempfile::tempfile().unwrap();
        file.write_all_at(content, 0).unwrap();
        file
    }

    #[test]
    fn one_block_of_a_random_pass_shows_who_wrote() {
        let fills = fills(&[Pass::Fixed([0xff].into()), Pass::Random]);
        let mut content = vec![b'x'; 200_000];
        assert!(!was_begun(&file(&content), &[5], &fills).unwrap());
        fills[1].write(5, 69_632, &mut content[69_632..73_728]);
        assert!(was_begun(&file(&content), &[4, 5], &fills).unwrap());
        assert!(!was_begun(&file(&content), &[4], &fills).unwrap());
        assert!(!was_finished(&file(&content), &[5], &fills).unwrap());
        fills[1].write(5, 0, &mut content);
        assert!(was_finished(&file(&content), &[5], &fills).unwrap());
        content[199_999] ^= 1;
        assert!(!was_finished(&file(&content), &[5], &fills).unwrap());
    }

    #[test]
    fn a_fixed_pattern_shows_only_if_it_is_all_there_is() {
        let fills = fills(&[Pass::Fixed([0].into())]);
        let mut content = vec![0; 10_000];
        assert!(was_begun(&file(&content), &[0], &fills).unwrap());
        content[9_999] = 1;
        assert!(!was_begun(&file(&content), &[0], &fills).unwrap());
        assert!(was_finished(&file(b""), &[0], &fills).unwrap());
    }
}
