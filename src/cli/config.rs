//! The configuration file: what would otherwise be typed every time.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sealkeep::wipe::Method;
use serde::{Deserialize, Deserializer, de};

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
    /// The directory of the vault.
    pub(crate) vault: Option<PathBuf>,
    /// Defaults of `backup` and `status`.
    #[serde(default)]
    pub(crate) backup: BackupDefaults,
    /// Defaults of `retention`.
    #[serde(default)]
    pub(crate) retention: RetentionDefaults,
    /// Defaults of `seal`.
    #[serde(default)]
    pub(crate) seal: SealDefaults,
    /// What `wipe` finds here.
    #[serde(default)]
    pub(crate) wipe: WipeDefaults,
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

/// The `[backup]` table.
#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct BackupDefaults {
    /// What is backed up when nothing is named.
    #[serde(default)]
    pub(crate) sources: Vec<PathBuf>,
    /// The file of scope rules.
    pub(crate) scope_rules: Option<PathBuf>,
    /// The scope of what no rule matches.
    pub(crate) scope: Option<String>,
    /// Patterns left out, added to those on the command line.
    #[serde(default)]
    pub(crate) exclude: Vec<String>,
    /// Whether caches are left out.
    #[serde(default)]
    pub(crate) exclude_caches: bool,
    /// Whether what is mounted below a source is left out.
    #[serde(default)]
    pub(crate) one_file_system: bool,
    /// How old the newest snapshot may be.
    #[serde(default, deserialize_with = "duration")]
    pub(crate) max_age: Option<Duration>,
}

/// The `[retention]` table.
#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RetentionDefaults {
    /// The policy file.
    pub(crate) policy: Option<PathBuf>,
}

/// The `[wipe]` table.
#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct WipeDefaults {
    /// Lists of passes of one's own, by name.
    #[serde(default, deserialize_with = "methods")]
    pub(crate) methods: Vec<Method>,
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
            &mut config.vault,
            &mut config.backup.scope_rules,
            &mut config.retention.policy,
        ]
        .into_iter()
        .flatten()
        .chain(&mut config.backup.sources)
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

fn duration<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    let text = String::deserialize(deserializer)?;
    let age = humantime::parse_duration(&text);
    age.map(Some).map_err(|error| de::Error::custom(format!("{text}: {error}")))
}

fn methods<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Method>, D::Error> {
    let lists = BTreeMap::<String, Vec<String>>::deserialize(deserializer)?;
    let method = |(name, passes): (&String, &Vec<String>)| {
        Method::custom(name, passes).map_err(|error| de::Error::custom(format!("{name}: {error}")))
    };
    lists.iter().map(method).collect()
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
    fn what_backups_need_is_read() {
        let text = "vault = \"v\"\n[backup]\nsources = [\"/a\", \"b\"]\nmax-age = \"26h\"\n\
                    [retention]\npolicy = \"p.toml\"";
        let (dir, path) = write(text);
        let config = Config::read(&path).expect("it is well formed");
        assert_eq!(config.vault, Some(dir.path().join("v")));
        assert_eq!(config.backup.sources, [PathBuf::from("/a"), dir.path().join("b")]);
        assert_eq!(config.backup.max_age, Some(Duration::from_secs(26 * 3_600)));
        assert_eq!(config.retention.policy, Some(dir.path().join("p.toml")));
        let (_dir, path) = write("[backup]\nmax-age = \"soon\"");
        let failure = Config::read(&path).expect_err("not a length of time");
        assert!(failure.detail.starts_with("2: soon: "), "{}", failure.detail);
    }

    #[test]
    fn a_mistyped_field_is_told_with_its_line() {
        let (_dir, path) = write("lang = \"en\"\npassphrase_file = \"p\"\n");
        let failure = Config::read(&path).expect_err("the field is unknown");
        assert_eq!(failure.code, Code::Config);
        assert!(failure.detail.starts_with("2: "), "{}", failure.detail);
    }

    #[test]
    fn methods_of_ones_own_are_read() {
        let (_dir, path) = write("[wipe.methods]\nward = [\"00\", \"char\", \"~char\"]\n");
        let config = Config::read(&path).expect("it is well formed");
        let steps: Vec<String> =
            config.wipe.methods[0].steps().iter().map(ToString::to_string).collect();
        assert_eq!((config.wipe.methods[0].id(), steps.join(" ")), ("ward", "00 c ~c".to_owned()));
    }

    #[test]
    fn a_method_that_is_none_is_told_with_its_line() {
        for (list, problem) in [
            ("zero = [\"ff\"]", "zero: a built-in method has this name"),
            ("own = [\"00\", \"0\"]", "own: pass 2: '0' is not hex"),
            ("own = []", "own: a method has 1 to 100 passes, not 0"),
        ] {
            let (_dir, path) = write(&format!("lang = \"en\"\n[wipe.methods]\n{list}\n"));
            let failure = Config::read(&path).expect_err("it is no method");
            assert_eq!(failure.code, Code::Config);
            assert!(failure.detail.starts_with(&format!("2: {problem}")), "{}", failure.detail);
        }
    }

    #[test]
    fn no_file_is_no_configuration() {
        let dir = tempfile::tempdir().expect("a scratch folder");
        let config = Config::read_default(&dir.path().join("none")).expect("absent is fine");
        assert_eq!(config, Config::default());
    }
}
