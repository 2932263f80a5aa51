//! One thing that is overwritten, and how it is known again.

use std::ffi::OsStr;
use std::fs::File;
use std::io::ErrorKind;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileExt, FileTypeExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use rustix::fs::OFlags;
use sealkeep_crypto::{Suite, hash, random};
use sealkeep_keystore::approval::{Item, ItemKind};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::destruction::plain::{PlainFile, SealedFile, device_size, digest_of};
use crate::wipe::{Fill, Identity, Method, Pass, Seed, Step};

/// One thing that is overwritten.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// The file or folder that was named, absolute.
    #[serde(with = "hex_path")]
    pub(super) root: PathBuf,
    /// Where it is, absolute.
    #[serde(with = "hex_path")]
    pub(super) path: PathBuf,
    pub(super) device: bool,
    pub(super) size: u64,
    pub(super) identity: Identity,
    /// What lies under a device, so that disks that exchanged their names are told apart.
    pub(super) disk: String,
    pub(in crate::destruction) method: String,
    salt: String,
}

impl Target {
    /// A file or device.
    pub(in crate::destruction) fn plain(file: &PlainFile, method: &str) -> Self {
        Self {
            root: file.root.clone(),
            path: file.path.clone(),
            device: file.device,
            size: file.size,
            identity: file.identity,
            disk: file.disk.clone(),
            method: method.to_owned(),
            salt: HEXLOWER.encode(&random::array::<16>()),
        }
    }

    /// A sealed file.
    pub(in crate::destruction) fn sealed(file: &SealedFile, method: &str) -> Self {
        Self {
            root: file.root.clone(),
            path: file.path.clone(),
            device: false,
            size: file.size,
            identity: file.identity,
            disk: String::new(),
            method: method.to_owned(),
            salt: HEXLOWER.encode(&random::array::<16>()),
        }
    }

    /// Binds path and identity without telling them.
    pub(in crate::destruction) fn commitment(&self, suite: Suite) -> [u8; 32] {
        let path = self.path.as_os_str().as_bytes();
        let is = &self.identity;
        let known = format!(
            "{} {:?} {} {:?} {:?} {} {}",
            is.id.1, is.born, is.len, is.modified, is.changed, self.size, self.disk
        );
        let length = (path.len() as u64).to_be_bytes();
        hash(suite, &[LABEL, self.salt.as_bytes(), &length, path, known.as_bytes()])
    }

    /// Whether this is what the line means.
    pub(super) fn fits(&self, item: &Item, suite: Suite) -> bool {
        let digest = item.digest.as_ref().map(|digest| digest.bytes);
        let bound = item.kind == ItemKind::Sealed || digest == Some(self.commitment(suite));
        let device = (item.kind == ItemKind::Device) == self.device;
        let below = self.path.starts_with(&self.root);
        bound
            && below
            && device
            && item.size == Some(self.size)
            && item.method.wipe() == Some(&self.method)
    }

    /// Looks whether it is still what was listed.
    ///
    /// # Errors
    /// What is different.
    pub(super) fn examine(&self, item: &Item, suite: Suite) -> Result<(), String> {
        let mut file = self.open().map_err(|error| error.to_string())?;
        if self.device {
            let size = device_size(&file).map_err(|error| error.to_string())?;
            let disk = crate::destruction::plain::disk_of(&self.path)?;
            let same = size == self.size && disk == self.disk;
            return if same { Ok(()) } else { Err("another device".into()) };
        }
        self.same(&Identity::of(&file).map_err(|error| error.to_string())?)?;
        if item.kind == ItemKind::Sealed {
            let (is, _) = digest_of(&mut file, suite).map_err(|error| error.to_string())?;
            if item.digest.as_ref().is_none_or(|was| was.bytes != is) {
                return Err("its content is another".into());
            }
        }
        Ok(())
    }

    /// Whether a file is the one that was listed, unchanged. The number of the device may be another after a restart.
    pub(super) fn same(&self, is: &Identity) -> Result<(), String> {
        let was = Identity { id: (is.id.0, self.identity.id.1), ..self.identity };
        match () {
            () if (is.id.1, is.born) != (was.id.1, was.born) => Err("another file".into()),
            () if *is != was => Err("changed since".into()),
            () => Ok(()),
        }
    }

    /// What is left. A file is there if it has the length that it had, changed or not.
    pub(in crate::destruction) fn look(&self) -> Left {
        let open = self.open();
        if self.device {
            return open.map_or(Left::Unknown, |device| self.look_at(&device));
        }
        let is = open.and_then(|file| Identity::of(&file).map_err(std::io::Error::other));
        match is {
            Ok(is) if (is.id.1, is.born, is.len) == self.was() => Left::There,
            // Another file has the name.
            Ok(_) if self.is_mounted() => Left::Gone,
            Err(error) if is_absent(error.kind()) && self.is_mounted() => Left::Gone,
            _ => Left::Unknown,
        }
    }

    /// Whether the file system is there on which the file lay: on another one, nothing shows that it is gone.
    fn is_mounted(&self) -> bool {
        let device = |path: &Path| std::fs::symlink_metadata(path).ok().map(|meta| meta.dev());
        self.path.ancestors().skip(1).find_map(device) == Some(self.identity.id.0)
    }

    /// Whether the last pass lies on a device. What a random one was, nobody knows any more.
    fn look_at(&self, device: &File) -> Left {
        let disk = crate::destruction::plain::disk_of(&self.path);
        let same = disk.is_ok_and(|disk| disk == self.disk)
            && device_size(device).is_ok_and(|size| size == self.size);
        let method = Method::find(&self.method);
        match method.as_ref().and_then(|method| method.steps().last()) {
            Some(Step::Fixed(bytes)) if same => {
                let last = Fill::new(&Pass::Fixed(bytes.clone()), 1, &Seed::random());
                match has_only(&last, device, self.size) {
                    Ok(true) => Left::Gone,
                    Ok(false) => Left::There,
                    Err(_) => Left::Unknown,
                }
            }
            _ => Left::Unknown,
        }
    }

    fn was(&self) -> (u64, Option<(i64, u32)>, u64) {
        (self.identity.id.1, self.identity.born, self.identity.len)
    }

    /// Below the root.
    pub(super) fn below<'t>(&'t self, root: &Path) -> &'t [u8] {
        self.path.strip_prefix(root).unwrap_or(&self.path).as_os_str().as_bytes()
    }

    fn open(&self) -> std::io::Result<File> {
        let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC).bits();
        let flags = i32::try_from(flags).expect("flags of open");
        let file = File::options().read(true).custom_flags(flags).open(&self.path)?;
        let kind = file.metadata()?.file_type();
        let fits = if self.device { kind.is_block_device() } else { kind.is_file() };
        if fits { Ok(file) } else { Err(std::io::Error::other("something else lies there")) }
    }
}

/// What is found where something was overwritten.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::destruction) enum Left {
    /// It is there.
    There,
    /// Nothing of it is.
    Gone,
    /// Nobody can tell.
    Unknown,
}

/// No file has this name any more.
fn is_absent(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::NotFound | ErrorKind::NotADirectory)
}

/// Whether the first block, the last, and others chosen at random are of this pass.
fn has_only(pass: &Fill, file: &File, size: u64) -> std::io::Result<bool> {
    let blocks = size.div_ceil(BLOCK);
    let chosen = (0..SAMPLES).map(|_| u64::from_be_bytes(random::array()) % blocks.max(1));
    let mut scratch = Vec::new();
    for block in [0, blocks.saturating_sub(1)].into_iter().chain(chosen) {
        let at = block * BLOCK;
        let length = usize::try_from(BLOCK.min(size - at)).expect("a block");
        let mut data = vec![0; length];
        file.read_exact_at(&mut data, at)?;
        if pass.first_difference(0, at, &data, &mut scratch).is_some() {
            return Ok(false);
        }
    }
    Ok(true)
}

const LABEL: &[u8] = b"sealkeep/v1/destruction/target";

/// Bytes that are read at a time, and how many such blocks of a device are.
const BLOCK: u64 = 4096;
const SAMPLES: u32 = 256;

/// Paths are bytes.
mod hex_path {
    use super::{Deserialize, Deserializer, HEXLOWER, OsStr, OsStrExt, Path, PathBuf, Serializer};

    pub(super) fn serialize<S: Serializer>(path: &Path, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&HEXLOWER.encode(path.as_os_str().as_bytes()))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<PathBuf, D::Error> {
        let text = String::deserialize(from)?;
        let bytes = HEXLOWER.decode(text.as_bytes()).map_err(serde::de::Error::custom)?;
        Ok(PathBuf::from(OsStr::from_bytes(&bytes)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pass_is_told_from_what_was_there_before() {
        let file = tempfile::tempfile().unwrap();
        let (size, zeros) = (3 * BLOCK + 5, Pass::Fixed([0].into()));
        let zeros = Fill::new(&zeros, 1, &Seed::random());
        file.set_len(size).unwrap();
        assert!(has_only(&zeros, &file, size).unwrap());
        for at in [0, size - 1, BLOCK] {
            file.write_all_at(b"x", at).unwrap();
            assert!(!has_only(&zeros, &file, size).unwrap(), "{at}");
            file.write_all_at(b"\0", at).unwrap();
        }
        assert!(has_only(&zeros, &file, size + 1).is_err());
    }
}
