//! Blocks that ext4 keeps back even from the administrator.
//!
//! ext4 keeps up to 4,096 clusters so that it can always note where data went that it took already
//! (`reserved_clusters`, Documentation/ABI/testing/sysfs-fs-ext4). They are free, so old content may lie in them. We
//! take them last, after everything other programs wrote has been brought to its place, and give them back at once. If
//! we crash in between, the number stays at zero until the file system is mounted anew; nothing of it is on the medium.

use std::fs;
use std::path::{Path, PathBuf};

use sealkeep_medium::place::{Family, Place};

/// The reserve is lifted as long as this lives.
pub(super) struct Lifted {
    knob: PathBuf,
    before: String,
}

impl Lifted {
    /// Lifts the reserve of a file system; none if it has none, or we may not.
    pub(super) fn of(place: &Place) -> Option<Self> {
        let device = place.layers.first().filter(|_| place.family == Family::Ext)?;
        let dir = Path::new("/sys/fs").join(place.file_system()).join(&device.name);
        Self::at(dir.join("reserved_clusters"))
    }

    fn at(knob: PathBuf) -> Option<Self> {
        let before = fs::read_to_string(&knob).ok()?.trim().to_owned();
        if before.parse::<u64>().ok()? == 0 {
            return None;
        }
        fs::write(&knob, "0").ok()?;
        Some(Self { knob, before })
    }
}

impl Drop for Lifted {
    fn drop(&mut self) {
        // If it cannot be written now, mounting anew restores it.
        let _ = fs::write(&self.knob, &self.before);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reserve_is_lifted_and_comes_back() {
        let dir = tempfile::tempdir().unwrap();
        let knob = dir.path().join("knob");
        fs::write(&knob, "4096\n").unwrap();
        let lifted = Lifted::at(knob.clone()).unwrap();
        assert_eq!(fs::read_to_string(&knob).unwrap(), "0");
        assert!(Lifted::at(knob.clone()).is_none());
        drop(lifted);
        assert_eq!(fs::read_to_string(&knob).unwrap(), "4096");
        assert!(Lifted::at(dir.path().join("missing")).is_none());
    }
}
