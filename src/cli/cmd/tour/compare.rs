//! Two trees, byte by byte.

use std::fs::{File, read_dir, read_link};
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use crate::cli::failure::Failure;

/// What was compared.
#[derive(Default)]
pub(super) struct Compared {
    /// Regular files.
    pub(super) files: usize,
    /// Bytes in them.
    pub(super) bytes: u64,
    /// Paths that are missing on one side, or differ.
    pub(super) different: Vec<PathBuf>,
}

/// Compares everything below `left` with everything below `right`.
pub(super) fn trees(left: &Path, right: &Path) -> Result<Compared, Failure> {
    let mut compared = Compared::default();
    folder(left, right, &mut compared)?;
    Ok(compared)
}

/// Every regular file below `dir`, in no order.
pub(super) fn files(dir: &Path) -> Result<Vec<PathBuf>, Failure> {
    let mut found = Vec::new();
    for path in entries(dir)? {
        if path.is_symlink() {
            continue;
        }
        if path.is_dir() {
            found.extend(files(&path)?);
        } else if path.is_file() {
            found.push(path);
        }
    }
    Ok(found)
}

fn folder(left: &Path, right: &Path, compared: &mut Compared) -> Result<(), Failure> {
    let (here, there) = (entries(left)?, entries(right)?);
    for path in &there {
        let name = path.file_name().unwrap_or_default();
        if left.join(name).symlink_metadata().is_err() {
            compared.different.push(path.clone());
        }
    }
    for path in here {
        let other = right.join(path.file_name().unwrap_or_default());
        if path.is_symlink() {
            if read_link(&path).ok() != read_link(&other).ok() {
                compared.different.push(path);
            }
        } else if path.is_dir() {
            if other.is_dir() {
                folder(&path, &other, compared)?
            } else {
                compared.different.push(path)
            }
        } else if path.is_file() {
            compared.files += 1;
            match same(&path, &other) {
                Ok(Some(bytes)) => compared.bytes += bytes,
                Ok(None) | Err(_) => compared.different.push(path),
            }
        }
    }
    Ok(())
}

/// The length of two equal files, or nothing when they differ.
fn same(left: &Path, right: &Path) -> std::io::Result<Option<u64>> {
    let (left, right) = (File::open(left)?, File::open(right)?);
    let length = left.metadata()?.len();
    if length != right.metadata()?.len() {
        return Ok(None);
    }
    let (mut left, mut right) = (BufReader::new(left), BufReader::new(right));
    let (mut a, mut b) = (vec![0; 64 * 1024], vec![0; 64 * 1024]);
    let mut rest = length;
    while rest > 0 {
        let now = usize::try_from(rest).map_or(a.len(), |rest| rest.min(a.len()));
        left.read_exact(&mut a[..now])?;
        right.read_exact(&mut b[..now])?;
        if a[..now] != b[..now] {
            return Ok(None);
        }
        rest -= now as u64;
    }
    Ok(Some(length))
}

fn entries(dir: &Path) -> Result<Vec<PathBuf>, Failure> {
    let failed = |error: std::io::Error| Failure::io(dir, &error);
    let mut paths = Vec::new();
    for entry in read_dir(dir).map_err(failed)? {
        paths.push(entry.map_err(failed)?.path());
    }
    Ok(paths)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_is_found_on_both_sides() {
        let dir = tempfile::tempdir().expect("a scratch folder");
        let (left, right) = (dir.path().join("l"), dir.path().join("r"));
        for side in [&left, &right] {
            std::fs::create_dir_all(side.join("sub")).expect("folders");
            std::fs::write(side.join("sub/same"), "same").expect("files");
        }
        std::fs::write(left.join("changed"), "abc").expect("files");
        std::fs::write(right.join("changed"), "abd").expect("files");
        std::fs::write(left.join("missing"), "").expect("files");
        std::fs::write(right.join("extra"), "").expect("files");
        let compared = trees(&left, &right).expect("readable");
        let mut names: Vec<_> =
            compared.different.iter().filter_map(|path| path.file_name()).collect();
        names.sort();
        assert_eq!(names, ["changed", "extra", "missing"]);
        assert_eq!((compared.files, compared.bytes), (3, 4));
    }
}
