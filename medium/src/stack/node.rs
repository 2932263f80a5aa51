//! The directory of a block device in sysfs.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// A block device, by its directory below `/sys/devices`.
pub(super) struct Node(PathBuf);

impl Node {
    /// The device with this number (`/sys/dev/block`, Documentation/ABI/testing/sysfs-dev).
    pub(super) fn numbered(sys: &Path, (major, minor): (u32, u32)) -> Option<Self> {
        Self::at(&sys.join(format!("dev/block/{major}:{minor}"))).filter(|_| major != 0)
    }

    /// The device to which `link` leads.
    pub(super) fn at(link: &Path) -> Option<Self> {
        fs::canonicalize(link).ok().filter(|dir| dir.join("dev").is_file()).map(Self)
    }

    pub(super) fn dir(&self) -> &Path {
        &self.0
    }

    /// The kernel writes an exclamation mark where the name in `/dev` has a slash.
    pub(super) fn name(&self) -> String {
        let name = self.0.file_name().unwrap_or_default();
        name.to_string_lossy().replace('!', "/")
    }

    /// Whether the name is `prefix` and then a number, with or without more.
    pub(super) fn is_called(&self, prefix: &str) -> bool {
        let name = self.name();
        let rest = name.strip_prefix(prefix);
        rest.is_some_and(|rest| rest.starts_with(|first: char| first.is_ascii_digit()))
    }

    pub(super) fn number(&self) -> Option<(u32, u32)> {
        let text = self.text("dev")?;
        let (major, minor) = text.split_once(':')?;
        Some((major.parse().ok()?, minor.parse().ok()?))
    }

    pub(super) fn is_partition(&self) -> bool {
        self.has("partition")
    }

    /// The disk of which it is a partition.
    pub(super) fn whole(&self) -> Option<Self> {
        Self::at(self.0.parent().filter(|_| self.is_partition())?)
    }

    /// Its partitions, in their order.
    pub(super) fn partitions(&self) -> Vec<Self> {
        let names = self.list(".").into_iter();
        let inner =
            names.map(|name| self.0.join(name)).filter(|dir| dir.join("partition").is_file());
        let mut parts: Vec<_> = inner.filter_map(|dir| Self::at(&dir)).collect();
        parts.sort_by_key(|part| part.value("partition"));
        parts
    }

    /// The directories of the devices it stands on; some may not be there to be looked at.
    pub(super) fn below(&self) -> Vec<PathBuf> {
        if self.is_partition() {
            return self.0.parent().map(Path::to_owned).into_iter().collect();
        }
        let slaves = self.0.join("slaves");
        self.list("slaves").into_iter().map(|name| slaves.join(name)).collect()
    }

    pub(super) fn has(&self, entry: &str) -> bool {
        self.0.join(entry).exists()
    }

    /// The names in a directory, sorted.
    pub(super) fn list(&self, dir: &str) -> Vec<String> {
        let Ok(entries) = fs::read_dir(self.0.join(dir)) else { return Vec::new() };
        let mut names: Vec<_> = entries
            .flatten()
            .map(|entry| entry.file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    /// What an attribute holds.
    pub(super) fn raw(&self, attribute: &str) -> Option<Vec<u8>> {
        fs::read(self.0.join(attribute)).ok()
    }

    /// What an attribute holds, without the end of line; `None` if that is nothing.
    pub(super) fn bytes(&self, attribute: &str) -> Option<Vec<u8>> {
        let mut bytes = self.raw(attribute)?;
        if bytes.last() == Some(&b'\n') {
            bytes.pop();
        }
        Some(bytes).filter(|bytes| !bytes.is_empty())
    }

    /// An attribute that is a word or a name in plain text.
    pub(super) fn text(&self, attribute: &str) -> Option<String> {
        let bytes = self.bytes(attribute)?;
        let text = String::from_utf8_lossy(&bytes);
        let text = text.trim_matches(|edge: char| edge.is_whitespace() || edge == '\0');
        Some(text.to_owned()).filter(|text| !text.is_empty())
    }

    pub(super) fn path(&self, attribute: &str) -> Option<PathBuf> {
        self.bytes(attribute).as_deref().map(path_of)
    }

    pub(super) fn value(&self, attribute: &str) -> Option<u64> {
        self.text(attribute)?.parse().ok()
    }

    pub(super) fn is_set(&self, attribute: &str) -> bool {
        self.value(attribute).is_some_and(|value| value != 0)
    }
}

pub(super) fn path_of(bytes: &[u8]) -> PathBuf {
    PathBuf::from(OsStr::from_bytes(bytes))
}
