//! Objects: what is kept of one entry of a file system (`docs/spec/vault.md` §6).

use sealkeep_crypto::HASH_LEN;
use sealkeep_crypto::codec::{Malformed, Reader, Writer};
use zeroize::Zeroizing;

/// What an object is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A regular file.
    File,
    /// A folder.
    Directory,
    /// A symbolic link.
    Symlink,
    /// A named pipe.
    Fifo,
    /// A character device.
    CharDevice,
    /// A block device.
    BlockDevice,
    /// A socket.
    Socket,
}

impl Kind {
    const ALL: [Kind; 7] = [
        Kind::File,
        Kind::Directory,
        Kind::Symlink,
        Kind::Fifo,
        Kind::CharDevice,
        Kind::BlockDevice,
        Kind::Socket,
    ];

    /// The number in the format.
    #[must_use]
    pub const fn id(self) -> u8 {
        match self {
            Kind::File => 1,
            Kind::Directory => 2,
            Kind::Symlink => 3,
            Kind::Fifo => 4,
            Kind::CharDevice => 5,
            Kind::BlockDevice => 6,
            Kind::Socket => 7,
        }
    }

    /// The kind with this number.
    #[must_use]
    pub fn from_id(id: u8) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.id() == id)
    }

    /// Whether it is a device, with a number.
    #[must_use]
    pub const fn is_device(self) -> bool {
        matches!(self, Kind::CharDevice | Kind::BlockDevice)
    }
}

/// A moment of a file system.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time {
    /// Seconds since 1970-01-01T00:00:00Z; negative before.
    pub seconds: i64,
    /// Nanoseconds within the second, 0 to 999,999,999.
    pub nanoseconds: u32,
}

/// What the file system says of an object, besides its path and content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attributes {
    /// What it is.
    pub kind: Kind,
    /// Permission and set-id bits, at most `0o7777`.
    pub mode: u32,
    /// Number of its owner.
    pub uid: u32,
    /// Number of its group.
    pub gid: u32,
    /// Last change of the content.
    pub mtime: Time,
    /// Last change of content or attributes.
    pub ctime: Time,
    /// Number of the device it lies on.
    pub device: u64,
    /// Number of its inode.
    pub inode: u64,
    /// Number of hard links.
    pub links: u32,
    /// Length in bytes; of files only, otherwise 0.
    pub size: u64,
    /// Number of the device that it is; of devices only, otherwise 0.
    pub special: u64,
    /// Name of the owner; empty when unknown.
    pub user: Vec<u8>,
    /// Name of the group; empty when unknown.
    pub group: Vec<u8>,
    /// Where a symbolic link points; otherwise empty.
    pub target: Vec<u8>,
    /// Extended attributes, access control lists among them, sorted by name.
    pub xattrs: Vec<(Vec<u8>, Vec<u8>)>,
}

/// How an object is classified, by which everything about its life is decided.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Class {
    /// The scope of its key.
    pub scope: String,
    /// GB/T 39725 level 1 to 5; 0 when not classified.
    pub level: u8,
    /// Retention class of the policy; empty for none.
    pub class: String,
    /// Where it may be kept, such as `CN`; empty for anywhere.
    pub residency: String,
    /// Pseudonyms of those whom it is about.
    pub subjects: Vec<String>,
    /// When its retention period began, Unix seconds.
    pub start: i64,
}

/// Everything about an object but its content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Description {
    /// Absolute path without the leading `/`; empty for `/`.
    pub path: Vec<u8>,
    /// What the file system says.
    pub attributes: Attributes,
    /// What the rules say.
    pub class: Class,
    /// When this generation was first backed up, Unix seconds.
    pub first: u64,
    /// It changed each time while it was read: what is kept may mix two states.
    pub changed_while_read: bool,
}

/// The key of one chunk: random, used once, zeroed when dropped.
pub type ChunkKey = Zeroizing<[u8; 32]>;

/// A piece of a file's content.
#[derive(Clone, PartialEq, Eq)]
pub enum Extent {
    /// So many zero bytes that are not stored.
    Hole(u64),
    /// A chunk in a pack.
    Chunk {
        /// Length of the plain bytes.
        length: u32,
        /// Whether they are stored as a zstd frame.
        compressed: bool,
        /// The key it is sealed under.
        key: ChunkKey,
        /// Hash of the plain bytes.
        digest: [u8; HASH_LEN],
    },
}

impl std::fmt::Debug for Extent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Extent::Hole(length) => f.debug_tuple("Hole").field(length).finish(),
            Extent::Chunk { length, .. } => f.debug_tuple("Chunk").field(length).finish(),
        }
    }
}

impl Extent {
    /// Length of the content it stands for, in bytes.
    #[must_use]
    pub fn length(&self) -> u64 {
        match self {
            Extent::Hole(length) => *length,
            Extent::Chunk { length, .. } => u64::from(*length),
        }
    }

    /// Whether it is a chunk.
    #[must_use]
    pub const fn is_chunk(&self) -> bool {
        matches!(self, Extent::Chunk { .. })
    }
}

/// A version of an object: its description and where its content comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// What it is.
    pub description: Description,
    /// Its content, in order; of files only.
    pub extents: Vec<Extent>,
}

impl Record {
    /// The bytes that are sealed.
    ///
    /// # Panics
    /// If a path, name or label is longer than 65,535 bytes; file systems allow 4,096.
    #[must_use]
    pub fn encode(&self) -> Zeroizing<Vec<u8>> {
        let room = 256 + self.description.path.len() + self.extents.len() * CHUNK_LEN;
        let mut out = Zeroizing::new(Vec::with_capacity(room));
        out.put_u8(VERSION);
        self.description.encode(&mut out);
        out.put_varint(self.extents.len() as u64);
        for extent in &self.extents {
            match extent {
                Extent::Hole(length) => {
                    out.put_u8(HOLE);
                    out.put_varint(*length);
                }
                Extent::Chunk { length, compressed, key, digest } => {
                    out.put_u8(if *compressed { FRAME } else { STORED });
                    out.put_varint((*length).into());
                    out.put(&key[..]);
                    out.put(digest);
                }
            }
        }
        out
    }

    /// Reads what [`Record::encode`] gives, and nothing else.
    ///
    /// # Errors
    /// `Malformed`.
    pub fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(bytes, "record");
        if reader.u8()? != VERSION {
            return Err(reader.malformed());
        }
        let description = Description::decode(&mut reader)?;
        let count = reader.varint32()?;
        let mut extents = Vec::with_capacity(reader.room_for(count, HOLE_LEN));
        let mut length = 0_u64;
        for _ in 0..count {
            let extent = decode_extent(&mut reader)?;
            length = length.checked_add(extent.length()).ok_or(reader.malformed())?;
            extents.push(extent);
        }
        if length != description.attributes.size {
            return Err(reader.malformed());
        }
        reader.end()?;
        Ok(Self { description, extents })
    }
}

impl Description {
    /// The bytes of a description, in a record and in a listing.
    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        let Attributes { kind, mode, uid, gid, mtime, ctime, .. } = &self.attributes;
        out.put_u8(kind.id());
        out.put_u8(if self.changed_while_read { CHANGED } else { 0 });
        out.put_u8(self.class.level);
        out.put_u32(*mode);
        out.put_varint((*uid).into());
        out.put_varint((*gid).into());
        put_time(out, mtime);
        put_time(out, ctime);
        out.put_varint(self.attributes.device);
        out.put_varint(self.attributes.inode);
        out.put_varint(self.attributes.links.into());
        out.put_varint(self.attributes.size);
        out.put_varint(self.attributes.special);
        out.put_varint(self.first);
        out.put_i64(self.class.start);
        out.put_bytes(&self.path);
        out.put_bytes(&self.attributes.user);
        out.put_bytes(&self.attributes.group);
        out.put_bytes(self.class.scope.as_bytes());
        out.put_bytes(self.class.class.as_bytes());
        out.put_bytes(self.class.residency.as_bytes());
        out.put_u8(u8::try_from(self.class.subjects.len()).expect("rules bound them"));
        for subject in &self.class.subjects {
            out.put_bytes(subject.as_bytes());
        }
        out.put_bytes(&self.attributes.target);
        out.put_varint(self.attributes.xattrs.len() as u64);
        for (name, value) in &self.attributes.xattrs {
            out.put_bytes(name);
            out.put_bytes32(value);
        }
    }

    /// Reads a description; strict, so that one meaning has one byte string.
    pub(crate) fn decode(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        let kind = Kind::from_id(reader.u8()?).ok_or(reader.malformed())?;
        let flags = reader.u8()?;
        let level = reader.u8()?;
        let mode = reader.u32()?;
        let (uid, gid) = (reader.varint32()?, reader.varint32()?);
        let (mtime, ctime) = (time(reader)?, time(reader)?);
        let (device, inode, links) = (reader.varint()?, reader.varint()?, reader.varint32()?);
        let (size, special) = (reader.varint()?, reader.varint()?);
        let (first, start) = (reader.varint()?, reader.i64()?);
        let path = reader.bytes()?.to_vec();
        let (user, group) = (reader.bytes()?.to_vec(), reader.bytes()?.to_vec());
        let (scope, class, residency) = (text(reader)?, text(reader)?, text(reader)?);
        let subjects = (0..reader.u8()?).map(|_| text(reader)).collect::<Result<_, _>>()?;
        let target = reader.bytes()?.to_vec();
        let mut xattrs: Vec<(Vec<u8>, Vec<u8>)> = Vec::new();
        for _ in 0..reader.varint()? {
            let (name, value) = (reader.bytes()?, reader.bytes32()?);
            if xattrs.last().is_some_and(|(last, _)| **last >= *name) {
                return Err(reader.malformed());
            }
            xattrs.push((name.to_vec(), value.to_vec()));
        }
        let sound = flags & !CHANGED == 0
            && level <= 5
            && mode <= 0o7777
            && is_path(&path)
            && (kind == Kind::File || size == 0)
            && (kind.is_device() || special == 0)
            && (kind == Kind::Symlink || target.is_empty());
        if !sound {
            return Err(reader.malformed());
        }
        Ok(Self {
            path,
            attributes: Attributes {
                kind,
                mode,
                uid,
                gid,
                mtime,
                ctime,
                device,
                inode,
                links,
                size,
                special,
                user,
                group,
                target,
                xattrs,
            },
            class: Class { scope, level, class, residency, subjects, start },
            first,
            changed_while_read: flags & CHANGED != 0,
        })
    }
}

/// Whether bytes may be the path of an object: joined to a folder it cannot lead out of it.
fn is_path(path: &[u8]) -> bool {
    let odd = |part: &[u8]| part.is_empty() || part == b"." || part == b"..";
    path.is_empty() || (!path.contains(&0) && !path.split(|&byte| byte == b'/').any(odd))
}

fn decode_extent(reader: &mut Reader<'_>) -> Result<Extent, Malformed> {
    let kind = reader.u8()?;
    match kind {
        HOLE => match reader.varint()? {
            0 => Err(reader.malformed()),
            length => Ok(Extent::Hole(length)),
        },
        STORED | FRAME => {
            let length = reader.varint32()?;
            if length == 0 {
                return Err(reader.malformed());
            }
            let mut key = ChunkKey::default();
            key.copy_from_slice(reader.take(32)?);
            Ok(Extent::Chunk { length, compressed: kind == FRAME, key, digest: reader.array()? })
        }
        _ => Err(reader.malformed()),
    }
}

fn put_time(out: &mut Vec<u8>, time: &Time) {
    out.put_i64(time.seconds);
    out.put_u32(time.nanoseconds);
}

fn time(reader: &mut Reader<'_>) -> Result<Time, Malformed> {
    let time = Time { seconds: reader.i64()?, nanoseconds: reader.u32()? };
    if time.nanoseconds < 1_000_000_000 { Ok(time) } else { Err(reader.malformed()) }
}

fn text(reader: &mut Reader<'_>) -> Result<String, Malformed> {
    let bytes = reader.bytes()?;
    std::str::from_utf8(bytes).map(str::to_owned).map_err(|_| reader.malformed())
}

const VERSION: u8 = 1;
const CHANGED: u8 = 1;
const HOLE: u8 = 0;
const STORED: u8 = 1;
const FRAME: u8 = 2;
const HOLE_LEN: usize = 2;
const CHUNK_LEN: usize = 69;

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn record() -> Record {
        let attributes = Attributes {
            kind: Kind::File,
            mode: 0o4640,
            uid: 1000,
            gid: 33,
            mtime: Time { seconds: -1, nanoseconds: 999_999_999 },
            ctime: Time { seconds: 1_700_000_000, nanoseconds: 0 },
            device: 65_024,
            inode: u64::MAX,
            links: 2,
            size: 5_000,
            special: 0,
            user: b"archive".to_vec(),
            group: b"www-data".to_vec(),
            target: Vec::new(),
            xattrs: vec![(b"user.a".to_vec(), b"1".to_vec()), (b"user.b".to_vec(), Vec::new())],
        };
        let class = Class {
            scope: "patient/0042".into(),
            level: 4,
            class: "inpatient".into(),
            residency: "CN".into(),
            subjects: vec!["0042".into()],
            start: -86_400,
        };
        let chunk = |length, compressed| Extent::Chunk {
            length,
            compressed,
            key: Zeroizing::new([7; 32]),
            digest: [9; 32],
        };
        Record {
            description: Description {
                path: b"data/patients/0042/scan \xff\n.dcm".to_vec(),
                attributes,
                class,
                first: 1_700_000_001,
                changed_while_read: true,
            },
            extents: vec![chunk(900, true), Extent::Hole(4_000), chunk(100, false)],
        }
    }

    #[test]
    fn what_is_encoded_is_read_and_nothing_more() {
        let record = record();
        let bytes = record.encode();
        assert_eq!(Record::decode(&bytes), Ok(record.clone()));
        for cut in 0..bytes.len() {
            assert!(Record::decode(&bytes[..cut]).is_err(), "cut at {cut}");
        }
        let longer = [&bytes[..], b"\0"].concat();
        assert!(Record::decode(&longer).is_err());
    }

    #[test]
    fn each_meaning_has_one_encoding() {
        let bytes = record().encode();
        for at in 0..bytes.len() {
            for bit in 0..8 {
                let mut other = bytes.to_vec();
                other[at] ^= 1 << bit;
                if let Ok(read) = Record::decode(&other) {
                    assert_eq!(read.encode()[..], other[..], "bit {bit} of byte {at}");
                }
            }
        }
    }

    #[test]
    fn a_path_cannot_lead_out() {
        for path in [&b"a"[..], b"", b"a/b", b"..a/...", b"a b\n"] {
            assert!(is_path(path), "{path:?}");
        }
        for path in [&b"/a"[..], b"a/", b"a//b", b".", b"a/..", b"../a", b"a\0b"] {
            assert!(!is_path(path), "{path:?}");
        }
    }

    #[test]
    fn lengths_must_add_up() {
        let mut record = record();
        record.description.attributes.size += 1;
        assert!(Record::decode(&record.encode()).is_err());
    }
}
