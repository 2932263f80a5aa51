//! The configuration file: what would otherwise be typed every time.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::cli::exit::Code;
use crate::cli::failure::Failure;

/// `config.toml`. Every field is optional; a field that we do not know is an error, because a
/// mistyped `passphrase-file` must not end in a prompt that nobody sees.
#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Config {
    /// The directory of the key store.
    pub(crate) keystore: Option<PathBuf>,
    /// The root cell, when it is not inside the key store.
    pub(crate) cell: Option<PathBuf>,
    /// A file whose first line is the passphrase.
    pub(crate) passphrase_file: Option<PathBuf>,
    /// A key file that opens the store.
    pub(crate) key_file: Option<PathBuf>,
    /// `en` or `zh-CN`.
    pub(crate) lang: Option<String>,
    /// Seconds to wait for a busy key store.
    pub(crate) wait: Option<u64>,
    /// Defaults of `seal`.
    #[serde(default)]
    pub(crate) seal: SealDefaults,
}

/// The `[seal]` table.
#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct SealDefaults {
    /// The scope that new keys belong to.
    pub(crate) scope: Option<String>,
    /// The suite of new files.
    pub(crate) suite: Option<String>,
    /// Patterns left out, added to those on the command line.
    #[serde(default)]
    pub(crate) exclude: Vec<String>,
    /// Whether output files are named after their key.
    #[serde(default)]
    pub(crate) hide_names: bool,
}

impl Config {
    /// Reads the file at `path`; relative paths in it are relative to its folder.
    ///
    /// # Errors
    /// `E-CONFIG` when it is not TOML of this form; the errors of reading it.
    pub(crate) fn read(path: &Path) -> Result<Config, Failure> {
        let text = std::fs::read_to_string(path).map_err(|error| Failure::io(path, &error))?;
        let mut config: Config = toml::from_str(&text)
            .map_err(|error| Failure::at(Code::Config, path).because(line_of(&text, &error)))?;
        let folder = path.parent().unwrap_or(Path::new(""));
        for field in [
            &mut config.keystore,
            &mut config.cell,
            &mut config.passphrase_file,
            &mut config.key_file,
        ]
        .into_iter()
        .flatten()
        {
            *field = folder.join(&field);
        }
        Ok(config)
    }

    /// Reads the file where it usually lies; no file there is an empty configuration.
    pub(crate) fn read_default(path: &Path) -> Result<Config, Failure> {
        match Config::read(path) {
            Err(failure) if failure.code == Code::NotFound => Ok(Config::default()),
            other => other,
        }
    }
}

fn line_of(text: &str, error: &toml::de::Error) -> String {
    let message = error.message();
    match error.span() {
        Some(span) => {
            let line = text.as_bytes()[..span.start.min(text.len())]
                .iter()
                .filter(|byte| **byte == b'\n')
                .count();
            format!("{}: {message}", line + 1)
        }
        None => message.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(text: &str) -> (tempfile::TempDir, PathBuf) {
        let dir = tempfile::tempdir().expect("a scratch folder");
        let path = dir.path().join("config.toml");
        std::fs::write(&path, text).expect("a scratch file");
        (dir, path)
    }

    #[test]
    fn paths_are_relative_to_the_file() {
        let (dir, path) =
            write("keystore = \"keys\"\nkey-file = \"/k\"\n[seal]\nexclude = [\"*~\"]");
        let config = Config::read(&path).expect("it is well formed");
        assert_eq!(config.keystore, Some(dir.path().join("keys")));
        assert_eq!(config.key_file, Some(PathBuf::from("/k")));
        assert_eq!(config.seal.exclude, ["*~"]);
    }

    #[test]
    fn a_mistyped_field_is_told_with_its_line() {
        let (_dir, path) = write("lang = \"en\"\npassphrase_file = \"p\"\n");
        let failure = Config::read(&path).expect_err("the field is unknown");
        assert_eq!(failure.code, Code::Config);
        assert!(failure.detail.starts_with("2: "), "{}", failure.detail);
    }

    #[test]
    fn no_file_is_no_configuration() {
        let dir = tempfile::tempdir().expect("a scratch folder");
        let config = Config::read_default(&dir.path().join("none")).expect("absent is fine");
        assert_eq!(config, Config::default());
    }
}
