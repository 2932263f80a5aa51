//! Files seen through overlayfs: where they really lie, and whether a lower layer holds a copy.

use std::fs::{self, File};
use std::io;
use std::os::fd::AsFd;
use std::path::Path;
use std::sync::Arc;

use rustix::fs::getxattr;
use rustix::io::Errno;

use super::Surveyor;
use crate::finding::{Code, Effect, Finding};
use crate::place::Place;

impl Surveyor {
    /// The file system that a file seen through an overlay really lies on; adds what is found about copies below.
    pub(super) fn beneath_overlay(
        &mut self,
        overlay: &Arc<Place>,
        path: &Path,
        findings: &mut Vec<Finding>,
    ) -> io::Result<Arc<Place>> {
        let point = overlay.mount.as_ref().map_or(Path::new("/"), |mount| &mount.point);
        let below = path.strip_prefix(point).unwrap_or(path).to_owned();
        let unknown = |what: &str| Finding::new(Code::LowerCopy, Effect::BestEffort, what);
        for lower in overlay.option("lowerdir").unwrap_or_default().split(':') {
            let lower = Path::new(lower);
            if fs::symlink_metadata(lower.join(&below)).is_ok() {
                let detail = lower.display().to_string();
                findings.push(Finding::new(Code::LowerCopy, Effect::Impossible, detail));
            } else if !lower.is_dir() {
                findings.push(unknown(&lower.display().to_string()));
            }
        }
        let upper = overlay.option("upperdir").map(|upper| Path::new(upper).join(&below));
        let Some((upper, file)) = upper.and_then(|path| File::open(&path).ok().map(|f| (path, f)))
        else {
            findings.push(unknown("upperdir"));
            return Ok(Arc::clone(overlay));
        };
        findings.extend(origin(&upper));
        self.place_of(file.as_fd(), &upper)
    }
}

/// A file that was copied up says so, wherever it was moved since; what says nothing was made above.
/// Source: Documentation/filesystems/overlayfs.rst.
fn origin(upper: &Path) -> Option<Finding> {
    let mut value = [0_u8; 1024];
    for prefix in ["trusted", "user"] {
        for name in ["origin", "redirect", "metacopy"] {
            match getxattr(upper, format!("{prefix}.overlay.{name}"), &mut value[..]) {
                Ok(_) | Err(Errno::RANGE) => {
                    return Some(Finding::new(Code::LowerCopy, Effect::Impossible, name));
                }
                Err(_) => {}
            }
        }
    }
    // Without privileges the attributes cannot be seen, and nothing can be said.
    let blind = !rustix::process::geteuid().is_root();
    blind.then(|| Finding::new(Code::LowerCopy, Effect::BestEffort, "trusted.overlay"))
}
