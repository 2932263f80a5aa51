//! What can go wrong with a sealed file (`docs/spec/envelope.md` §7).

use std::io;

/// Why a file could not be sealed or opened.
///
/// Carries facts, never content or key material.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The first eight bytes are not the magic.
    #[error("not a sealed file")]
    NotSealed,
    /// A format version that this program does not know.
    #[error("unknown format version {0}")]
    Version(u8),
    /// A suite that this program does not know.
    #[error("unknown suite {0}")]
    Suite(u8),
    /// Flags that version 1 reserves.
    #[error("reserved flags are set ({0:#06x})")]
    Flags(u16),
    /// A header field out of its bounds; which one.
    #[error("malformed header: {0}")]
    Header(&'static str),
    /// The commitment differs: another key, or a changed byte in the header.
    #[error("wrong key, or the header was changed")]
    WrongKeyOrHeader,
    /// The sealed metadata is not authentic, or breaks a rule of the format; which one.
    #[error("malformed metadata: {0}")]
    Metadata(&'static str),
    /// A segment is not authentic. Bytes appended to a file show as damage of the segment that was its last.
    #[error("segment {segment} is damaged")]
    Damaged {
        /// Its number, from 0.
        segment: u64,
    },
    /// The input ends before the last segment does.
    #[error("truncated: the end of the file is missing")]
    Truncated,
    /// The range asked for does not lie within the content.
    #[error("range is outside the content of {length} bytes")]
    Range {
        /// Length of the whole content in bytes.
        length: u64,
    },
    /// The content is not that of the file it is compared with.
    #[error("the content differs within the {length} bytes from byte {offset} on")]
    Differs {
        /// The first byte of the part that differs.
        offset: u64,
        /// Length of that part in bytes.
        length: u64,
    },
    /// The content exceeds what one sealed file can hold.
    #[error("content is too long for one sealed file")]
    TooLong,
    /// The input shrank or grew while it was being read.
    #[error("the input changed while it was being read")]
    Changed,
    /// The caller asked to stop.
    #[error("cancelled")]
    Cancelled,
    /// The input could not be read.
    #[error("cannot read: {0}")]
    Read(#[source] io::Error),
    /// The output could not be written.
    #[error("cannot write: {0}")]
    Write(#[source] io::Error),
}
