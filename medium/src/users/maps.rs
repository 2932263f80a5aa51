//! Lines of `/proc/PID/maps` (Documentation/filesystems/proc.rst §1.1).

use rustix::fs::makedev;

use super::FileId;

/// A mapping of a file.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Mapping<'a> {
    /// What it is called in `map_files`.
    pub(super) range: String,
    pub(super) writable: bool,
    pub(super) shared: bool,
    /// As `maps` has it; on btrfs and on overlays the device is another than that of `stat(2)`.
    pub(super) file: FileId,
    /// Offset to the end of the line without the offset: equal for mappings of one file.
    pub(super) rest: &'a [u8],
}

/// The mappings of files among the lines.
pub(super) fn mappings(maps: &[u8]) -> impl Iterator<Item = Mapping<'_>> {
    maps.split(|byte| *byte == b'\n').filter_map(parse).filter(|mapping| mapping.file.1 != 0)
}

/// `7f3cda953000-7f3cda955000 r--s 00000000 fe:00 10420240                   /srv/file`.
fn parse(line: &[u8]) -> Option<Mapping<'_>> {
    let mut fields = line.splitn(4, |byte| *byte == b' ');
    let (start, end) = pair(fields.next()?, '-')?;
    let flags = fields.next()?;
    let _offset = fields.next()?;
    let rest = fields.next()?;
    let mut fields = rest.split(|byte| *byte == b' ');
    let (major, minor) = pair(fields.next()?, ':')?;
    let inode = str::from_utf8(fields.next()?).ok()?.parse().ok()?;
    let device = makedev(u32::try_from(major).ok()?, u32::try_from(minor).ok()?);
    Some(Mapping {
        // In `maps` with leading zeros, in `map_files` without.
        range: format!("{start:x}-{end:x}"),
        writable: flags.get(1) == Some(&b'w'),
        shared: flags.get(3) == Some(&b's'),
        file: (device, inode),
        rest,
    })
}

/// Two hexadecimal numbers.
fn pair(field: &[u8], between: char) -> Option<(u64, u64)> {
    let (left, right) = str::from_utf8(field).ok()?.split_once(between)?;
    Some((u64::from_str_radix(left, 16).ok()?, u64::from_str_radix(right, 16).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_are_mappings() {
        let maps = b"00400000-0040b000 r-xp 00000000 08:01 13 /usr/bin/cat\n\
            7f00a000-7f00b000 rw-s 00001000 103:2c 4096                   /srv/a b\xff\n\
            7ffc0000-7ffe0000 rw-p 00000000 00:00 0                          [stack]\n\
            7fff0000-7fff1000 rw-p 00000000 00:00 0 \n\
            nonsense\n";
        let all: Vec<_> = mappings(maps).collect();
        let first = Mapping {
            range: "400000-40b000".to_owned(),
            writable: false,
            shared: false,
            file: (makedev(8, 1), 13),
            rest: b"08:01 13 /usr/bin/cat",
        };
        assert_eq!(all[0], first);
        assert_eq!(all[1].file, (makedev(0x103, 0x2c), 4096));
        assert!(all[1].writable && all[1].shared);
        assert_eq!(all.len(), 2);
    }
}
