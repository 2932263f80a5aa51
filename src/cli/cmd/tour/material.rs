//! The files that a tour is shown on: the user's, the repository's, or some that the program carries.

use std::path::{Path, PathBuf};

use crate::cli::exit::Code;
use crate::cli::failure::Failure;

/// Documents compiled in, for a program that was installed without its repository.
const CARRIED: [(&str, &str); 4] = [
    ("README.md", include_str!("../../../../README.md")),
    ("spec/envelope.md", include_str!("../../../../docs/spec/envelope.md")),
    ("guide/seal.en.md", include_str!("../../../../docs/guide/en/seal.md")),
    ("guide/封存.md", include_str!("../../../../docs/guide/zh-CN/seal.md")),
];

/// The folder to seal. A single file is put into a folder of the scratch space first.
pub(super) fn choose(typed: Option<&Path>, scratch: &Path) -> Result<PathBuf, Failure> {
    let own = scratch.join("data");
    match typed {
        Some(path) => {
            let failed = |error: std::io::Error| Failure::io(path, &error);
            let path = path.canonicalize().map_err(failed)?;
            if path.is_dir() {
                return Ok(path);
            }
            // Copying from a pipe would wait for somebody to write into it.
            if !path.is_file() {
                return Err(Failure::at(Code::NotRegular, &path));
            }
            std::fs::create_dir(&own).map_err(failed)?;
            std::fs::copy(&path, own.join(path.file_name().unwrap_or_default())).map_err(failed)?;
            Ok(own)
        }
        None => repository_docs().map_or_else(|| write_carried(&own), Ok),
    }
}

fn repository_docs() -> Option<PathBuf> {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    docs.join("book.toml").is_file().then_some(docs)
}

fn write_carried(dir: &Path) -> Result<PathBuf, Failure> {
    for (name, text) in CARRIED {
        let path = dir.join(name);
        let failed = |error: std::io::Error| Failure::io(&path, &error);
        std::fs::create_dir_all(path.parent().unwrap_or(dir)).map_err(failed)?;
        std::fs::write(&path, text).map_err(failed)?;
    }
    Ok(dir.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_single_file_gets_a_folder_and_carried_files_are_complete() {
        let scratch = tempfile::tempdir().expect("a scratch folder");
        let file = scratch.path().join("x.txt");
        std::fs::write(&file, "x").expect("it can be written");
        let dir = choose(Some(&file), scratch.path()).expect("it is there");
        assert_eq!(std::fs::read(dir.join("x.txt")).expect("copied"), b"x");
        let dir = write_carried(&scratch.path().join("carried")).expect("they can be written");
        assert!(dir.join("guide/封存.md").is_file());
    }
}
