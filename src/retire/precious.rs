//! What must never be retired: without it, nothing that was sealed can be opened.

use std::path::PathBuf;

use super::report::Error;
use super::resolved;

/// Refuses inputs that are, or hold, something precious, or lie within it.
///
/// # Errors
/// `Precious`, with what it is.
pub(super) fn refuse(inputs: &[PathBuf], precious: &[PathBuf]) -> Result<(), Error> {
    for path in precious {
        let there = resolved(path);
        let touches = |input: &PathBuf| {
            let input = resolved(input);
            there.starts_with(&input) || input.starts_with(&there)
        };
        if inputs.iter().any(touches) {
            return Err(Error::Precious(path.clone()));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::symlink;

    #[test]
    fn neither_around_nor_within_nor_through_a_link() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        fs::create_dir_all(at("data/keys/rows")).unwrap();
        fs::create_dir(at("database")).unwrap();
        symlink(at("data"), at("link")).unwrap();
        let keys = [at("data/keys")];
        for bad in ["data", "data/keys", "data/keys/rows", "link", "link/keys", "data/../data"] {
            let refused = refuse(&[at("database"), at(bad)], &keys);
            assert!(matches!(refused, Err(Error::Precious(path)) if path == keys[0]), "{bad}");
        }
        refuse(&[at("database")], &keys).unwrap();
    }
}
