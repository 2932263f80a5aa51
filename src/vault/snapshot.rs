//! Snapshots: which segments there were at one time (`docs/spec/vault.md` §8).

use sealkeep_crypto::codec::{Malformed, Reader, Writer};
use sealkeep_crypto::{Secret, Suite};
use sealkeep_keystore::KeyId;
use serde::{Deserialize, Serialize};

use super::error::{Error, Refused, Result};
use super::id::id;
use super::keyring::Keyring;
use super::pack::PackId;
use super::sealed_box::{open_box, seal_box};
use super::segment::{Locator, SegmentId};

id! {
    /// Names a snapshot.
    SnapshotId
}

/// A segment, as a snapshot names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SegmentRef {
    /// Which.
    pub id: SegmentId,
    /// Where it lies.
    pub at: Locator,
    /// How many entries it has.
    pub entries: u32,
}

/// What people need to know of a snapshot.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct About {
    /// Name of the machine that made it.
    pub host: String,
    /// Name of the account that made it.
    pub user: String,
    /// What was backed up, as absolute paths; bytes that are not UTF-8 are replaced.
    pub sources: Vec<String>,
    /// What the administrator calls it.
    pub tags: Vec<String>,
    /// Unix seconds.
    pub started: u64,
    /// Unix seconds.
    pub ended: u64,
    /// Program and version that made it.
    pub program: String,
    /// By which rules objects were classified; absent when there were none.
    pub rules: Option<RulesUsed>,
    /// Number of objects.
    pub objects: u64,
    /// Number of files among them.
    pub files: u64,
    /// Their length in bytes.
    pub bytes: u64,
    /// Bytes that this backup added to packs.
    pub added_bytes: u64,
    /// Objects that could not be read.
    pub failed: u64,
    /// Files that changed each time while they were read.
    pub changed: u64,
}

/// A file of rules, as a snapshot remembers it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RulesUsed {
    /// The version that it says it is.
    pub version: String,
    /// Hash of the file, in hexadecimal.
    pub digest: String,
}

/// A snapshot file, authentic, its boxes still closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SnapshotFile {
    /// Which.
    pub id: SnapshotId,
    /// When the backup began, Unix seconds.
    pub time: u64,
    /// False for a checkpoint of a backup that did not come to its end.
    pub complete: bool,
    /// The key of its description.
    pub key: KeyId,
    manifest: Vec<u8>,
    description: Vec<u8>,
}

impl SnapshotFile {
    /// Seals a snapshot.
    pub(crate) fn seal(
        keyring: &Keyring,
        id: SnapshotId,
        (key_id, key): (KeyId, &Secret<32>),
        complete: bool,
        segments: &[SegmentRef],
        about: &About,
    ) -> Self {
        let json = serde_json::to_vec(about).expect("it has string keys only");
        let vault = keyring.vault();
        let context: [&[u8]; 2] = [&vault, &id.0];
        Self {
            id,
            time: about.started,
            complete,
            key: key_id,
            manifest: keyring.seal("manifest", &id.0, &encode_manifest(segments)),
            description: seal_box(keyring.suite(), key.expose(), "description", &context, &json),
        }
    }

    /// The payload of the signed file.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        out.put(&self.id.0);
        out.put_u64(self.time);
        out.put_u8(self.complete.into());
        out.put(&self.key.0);
        out.put_bytes32(&self.manifest);
        out.put_bytes32(&self.description);
        out
    }

    /// Reads the payload of a signed file.
    ///
    /// # Errors
    /// `Malformed`.
    pub(crate) fn decode(payload: &[u8]) -> std::result::Result<Self, Malformed> {
        let mut reader = Reader::new(payload, "snapshot");
        let (id, time) = (SnapshotId(reader.array()?), reader.u64()?);
        let complete = match reader.u8()? {
            0 => false,
            1 => true,
            _ => return Err(reader.malformed()),
        };
        let key = KeyId(reader.array()?);
        let (manifest, description) = (reader.bytes32()?.to_vec(), reader.bytes32()?.to_vec());
        reader.end()?;
        Ok(Self { id, time, complete, key, manifest, description })
    }

    /// Which segments it has, in walk order.
    ///
    /// # Errors
    /// `Refused`.
    pub(crate) fn segments(&self, keyring: &Keyring) -> Result<Vec<SegmentRef>> {
        let plain = keyring.open("manifest", &self.id.0, &self.manifest);
        let plain = plain.map_err(|error| self.refuse(error.into()))?;
        decode_manifest(&plain).map_err(|error| self.refuse(error.into()))
    }

    /// What people need to know of it.
    ///
    /// # Errors
    /// `Refused`.
    pub(crate) fn about(&self, suite: Suite, vault: &[u8; 16], key: &Secret<32>) -> Result<About> {
        let context: [&[u8]; 2] = [vault, &self.id.0];
        let plain = open_box(suite, key.expose(), "description", &context, &self.description);
        serde_json::from_slice(&plain.map_err(|error| self.refuse(error.into()))?)
            .map_err(|_| self.refuse(Refused::Malformed))
    }

    fn refuse(&self, reason: Refused) -> Error {
        Error::refused(format!("snapshot {}", self.id))(reason)
    }
}

pub(super) fn encode_manifest(segments: &[SegmentRef]) -> Vec<u8> {
    let mut out = Vec::with_capacity(4 + segments.len() * SEGMENT_LEN);
    out.put_u32(u32::try_from(segments.len()).expect("4 billion objects at the least"));
    for segment in segments {
        out.put(&segment.id.0);
        out.put(&segment.at.pack.0);
        out.put_u32(segment.at.offset);
        out.put_u32(segment.at.length);
        out.put_u32(segment.entries);
    }
    out
}

pub(super) fn decode_manifest(plain: &[u8]) -> std::result::Result<Vec<SegmentRef>, Malformed> {
    let mut reader = Reader::new(plain, "manifest");
    let count = reader.u32()?;
    let mut segments = Vec::with_capacity(reader.room_for(count, SEGMENT_LEN));
    for _ in 0..count {
        segments.push(SegmentRef {
            id: SegmentId(reader.array()?),
            at: Locator {
                pack: PackId(reader.array()?),
                offset: reader.u32()?,
                length: reader.u32()?,
            },
            entries: reader.u32()?,
        });
    }
    reader.end()?;
    Ok(segments)
}

/// Begins every snapshot file.
pub(crate) const MAGIC: &[u8; 8] = b"SKSNAPS1";
const SEGMENT_LEN: usize = 44;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_is_read() {
        for suite in Suite::ALL {
            let keyring = Keyring::new(suite, [3; 16], Secret::random(), &Secret::random());
            let key = Secret::random();
            let segment = |at: u8| SegmentRef {
                id: SegmentId([at; 16]),
                at: Locator { pack: PackId([1; 16]), offset: at.into(), length: 9 },
                entries: 70,
            };
            let segments: Vec<SegmentRef> = (0..5).map(segment).collect();
            let about = About { host: "archive".into(), started: 7, ..About::default() };
            let id = SnapshotId([8; 16]);
            let key_of = (KeyId([2; 16]), &key);
            let sealed = SnapshotFile::seal(&keyring, id, key_of, true, &segments, &about);
            let payload = sealed.encode();
            let read = SnapshotFile::decode(&payload).expect("sound");
            assert_eq!(read, sealed);
            assert_eq!(read.segments(&keyring).expect("opens"), segments);
            assert_eq!(read.about(suite, &[3; 16], &key).expect("opens"), about);
            assert!(read.about(suite, &[3; 16], &Secret::random()).is_err());
            for cut in 0..payload.len() {
                assert!(SnapshotFile::decode(&payload[..cut]).is_err(), "cut at {cut}");
            }
        }
    }
}
