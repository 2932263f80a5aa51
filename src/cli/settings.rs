//! What was typed → what it means: options over environment over configuration file over defaults.

use std::os::fd::RawFd;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sealkeep_keystore::Actor;

use crate::cli::args::Global;
use crate::cli::config::{BackupDefaults, Config, RetentionDefaults, SealDefaults, WipeDefaults};
use crate::cli::exit::Code;
use crate::cli::failure::Failure;
use crate::cli::messages::Lang;

/// Where the secret that opens the key store comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum SecretSource {
    /// Ask at the terminal.
    Prompt,
    /// The first line of a file.
    PassphraseFile(PathBuf),
    /// The first line of an open descriptor.
    PassphraseFd(RawFd),
    /// A key file.
    KeyFile(PathBuf),
}

/// Everything about a run that is not the command itself.
#[derive(Debug)]
pub(crate) struct Settings {
    /// The directory of the key store; none when nothing names one, not even a home directory.
    pub(crate) keystore: Option<PathBuf>,
    /// The root cell, when not inside the key store.
    pub(crate) cell: Option<PathBuf>,
    /// How to unlock it.
    pub(crate) secret: SecretSource,
    /// The key that an officer signs with.
    pub(crate) officer_key: Option<PathBuf>,
    /// Where that key's passphrase comes from; asked for if there is none.
    pub(crate) officer_passphrase_file: Option<PathBuf>,
    /// Who works with the key store, as its ledger shall say it.
    pub(crate) actor: Actor,
    /// How long to wait for a busy key store.
    pub(crate) wait: Duration,
    /// The language asked for by option, environment or configuration.
    pub(crate) lang: Option<Lang>,
    /// The directory of the vault, when something names one.
    pub(crate) vault: Option<PathBuf>,
    /// Defaults of `seal`.
    pub(crate) seal: SealDefaults,
    /// Defaults of `backup` and `status`.
    pub(crate) backup: BackupDefaults,
    /// Defaults of `retention`.
    pub(crate) retention: RetentionDefaults,
    /// What `wipe` finds in the configuration.
    pub(crate) wipe: WipeDefaults,
}

/// How long a command waits for a key store that another process uses, unless told.
const DEFAULT_WAIT: Duration = Duration::from_secs(5);

/// The longest time that can be asked for: a day.
const MAX_SECONDS: u64 = 86_400;

impl Settings {
    /// Puts the sources together. `env` looks up an environment variable.
    ///
    /// # Errors
    /// `E-CONFIG` for a bad configuration file, `E-USAGE` for a language that we do not speak.
    pub(crate) fn resolve(
        global: &Global,
        env: impl Fn(&str) -> Option<std::ffi::OsString>,
    ) -> Result<Settings, Failure> {
        let path = |name: &str| env(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let config = match &global.config {
            Some(file) => Config::read(file)?,
            None => match base(&path, "XDG_CONFIG_HOME", ".config") {
                Some(folder) => Config::read_default(&folder.join("sealkeep/config.toml"))?,
                None => Config::default(),
            },
        };
        let secret = typed_secret(global)
            .or_else(|| path("SEALKEEP_KEY_FILE").map(SecretSource::KeyFile))
            .or_else(|| path("SEALKEEP_PASSPHRASE_FILE").map(SecretSource::PassphraseFile))
            .or_else(|| config.key_file.map(SecretSource::KeyFile))
            .or_else(|| config.passphrase_file.map(SecretSource::PassphraseFile))
            .unwrap_or(SecretSource::Prompt);
        let keystore = global
            .keystore
            .clone()
            .or_else(|| path("SEALKEEP_KEYSTORE"))
            .or(config.keystore)
            .or_else(|| {
                base(&path, "XDG_DATA_HOME", ".local/share")
                    .map(|dir| dir.join("sealkeep/keystore"))
            });
        let lang = global
            .lang
            .clone()
            .or_else(|| env("SEALKEEP_LANG").and_then(|value| value.into_string().ok()))
            .or(config.lang);
        Ok(Settings {
            keystore,
            cell: global.cell.clone().or_else(|| path("SEALKEEP_CELL")).or(config.cell),
            secret,
            officer_key: global.officer_key.clone().or_else(|| path("SEALKEEP_OFFICER_KEY")),
            officer_passphrase_file: global
                .officer_passphrase_file
                .clone()
                .or_else(|| path("SEALKEEP_OFFICER_PASSPHRASE_FILE")),
            actor: actor(global, &env),
            wait: seconds("--wait", global.wait.or(config.wait))?.unwrap_or(DEFAULT_WAIT),
            lang: lang.map(language).transpose()?,
            vault: global.vault.clone().or_else(|| path("SEALKEEP_VAULT")).or(config.vault),
            seal: config.seal,
            backup: config.backup,
            retention: config.retention,
            wipe: config.wipe,
        })
    }
}

/// The account that runs the program, and where from. The operation is the command's.
fn actor(global: &Global, env: &impl Fn(&str) -> Option<std::ffi::OsString>) -> Actor {
    let text = |name: &str| env(name).map(|value| value.to_string_lossy().into_owned());
    let account = uzers::get_current_username().map(|name| name.to_string_lossy().into_owned());
    let remote = text("SSH_CONNECTION")
        .and_then(|connection| connection.split(' ').next().map(str::to_owned));
    Actor {
        who: account.unwrap_or_else(|| uzers::get_current_uid().to_string()),
        source: remote.filter(|from| !from.is_empty()).unwrap_or_else(|| "local".to_owned()),
        purpose: global.purpose.clone().or_else(|| text("SEALKEEP_PURPOSE")).unwrap_or_default(),
        operation: String::new(),
    }
}

/// A time that was asked for, in seconds.
///
/// # Errors
/// `E-USAGE` when it is longer than a day.
pub(crate) fn seconds(name: &str, asked: Option<u64>) -> Result<Option<Duration>, Failure> {
    match asked {
        Some(asked) if asked > MAX_SECONDS => {
            Err(Failure::new(Code::Usage, format!("{name} {asked}: 0-{MAX_SECONDS}")))
        }
        asked => Ok(asked.map(Duration::from_secs)),
    }
}

fn typed_secret(global: &Global) -> Option<SecretSource> {
    let key_file = global.key_file.clone().map(SecretSource::KeyFile);
    key_file
        .or_else(|| global.passphrase_file.clone().map(SecretSource::PassphraseFile))
        .or_else(|| global.passphrase_fd.map(SecretSource::PassphraseFd))
}

fn language(tag: String) -> Result<Lang, Failure> {
    Lang::parse(&tag).ok_or_else(|| Failure::new(Code::Usage, format!("--lang {tag}: en, zh-CN")))
}

/// A folder of the XDG base directory specification; relative values are to be ignored.
fn base(path: &impl Fn(&str) -> Option<PathBuf>, name: &str, under_home: &str) -> Option<PathBuf> {
    path(name)
        .filter(|folder| folder.is_absolute())
        .or_else(|| path("HOME").map(|home| home.join(Path::new(under_home))))
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::ffi::OsString;

    use clap::Parser;

    use super::*;
    use crate::cli::args::Cli;

    fn resolve(args: &[&str], env: &[(&str, &str)]) -> Result<Settings, Failure> {
        let env: HashMap<String, OsString> =
            env.iter().map(|(name, value)| ((*name).to_owned(), OsString::from(value))).collect();
        let args = ["sealkeep", "inspect", "x"].iter().chain(args);
        let cli = Cli::try_parse_from(args).expect("the test types well");
        Settings::resolve(&cli.global, |name| env.get(name).cloned())
    }

    #[test]
    fn an_option_wins_over_the_environment_and_that_over_the_file() {
        let dir = tempfile::tempdir().expect("a scratch folder");
        let file = dir.path().join("c.toml");
        std::fs::write(&file, "keystore = \"/file\"\ncell = \"/file-cell\"\nwait = 7")
            .expect("write");
        let config = ["--config", file.to_str().expect("scratch names are UTF-8")];
        let settings = resolve(&config, &[("SEALKEEP_KEYSTORE", "/env")]).expect("fine");
        assert_eq!(settings.keystore.as_deref(), Some(Path::new("/env")));
        assert_eq!(settings.cell.as_deref(), Some(Path::new("/file-cell")));
        assert_eq!(settings.wait, Duration::from_secs(7));
        let typed = [&config[..], &["--keystore", "/typed", "--wait", "1"]].concat();
        let settings = resolve(&typed, &[("SEALKEEP_KEYSTORE", "/env")]).expect("fine");
        assert_eq!(settings.keystore.as_deref(), Some(Path::new("/typed")));
        assert_eq!(settings.wait, Duration::from_secs(1));
    }

    #[test]
    fn the_default_store_follows_xdg() {
        let settings = resolve(&[], &[("HOME", "/home/u")]).expect("fine");
        let store = settings.keystore.expect("there is a home");
        assert_eq!(store, Path::new("/home/u/.local/share/sealkeep/keystore"));
        assert_eq!(settings.secret, SecretSource::Prompt);
        let settings = resolve(&[], &[("HOME", "/h"), ("XDG_DATA_HOME", "/x")]).expect("fine");
        assert_eq!(settings.keystore.expect("it is named"), Path::new("/x/sealkeep/keystore"));
        assert_eq!(resolve(&[], &[]).expect("not every command needs one").keystore, None);
    }

    #[test]
    fn the_ledger_is_told_who_where_from_and_what_for() {
        let env =
            [("SSH_CONNECTION", "192.0.2.7 50022 192.0.2.1 22"), ("SEALKEEP_PURPOSE", "round")];
        let settings = resolve(&[], &env).expect("fine");
        assert_eq!((&*settings.actor.source, &*settings.actor.purpose), ("192.0.2.7", "round"));
        assert!(!settings.actor.who.is_empty());
        let settings = resolve(&["--purpose", "typed"], &env[1..]).expect("fine");
        assert_eq!((&*settings.actor.source, &*settings.actor.purpose), ("local", "typed"));
    }

    #[test]
    fn nobody_waits_longer_than_a_day() {
        assert!(resolve(&["--wait", "86400"], &[]).is_ok());
        for wait in ["86401", "18446744073709551615"] {
            let failure = resolve(&["--wait", wait], &[]).expect_err("it is too long");
            assert_eq!(failure.code, Code::Usage);
        }
    }

    #[test]
    fn a_typed_secret_wins_over_a_key_file_in_the_environment() {
        let env = [("HOME", "/h"), ("SEALKEEP_KEY_FILE", "/k")];
        let settings = resolve(&["--passphrase-fd", "3"], &env).expect("fine");
        assert_eq!(settings.secret, SecretSource::PassphraseFd(3));
        let settings = resolve(&[], &env).expect("fine");
        assert_eq!(settings.secret, SecretSource::KeyFile(PathBuf::from("/k")));
    }

    #[test]
    fn a_language_we_do_not_speak_is_refused() {
        let failure = resolve(&["--lang", "fr"], &[("HOME", "/h")]).expect_err("not spoken");
        assert_eq!(failure.code, Code::Usage);
    }
}
