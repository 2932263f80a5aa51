//! The steps about the vault: backed up, changed, backed up again, copied, lost, and restored from the copy.

use std::fs;

use crate::cli::exit::{Code, Exit};
use crate::cli::failure::Failure;

use super::guide::Guide;
use super::steps::{compare_with, must};

/// Walks all of them. `back`, which is backed up, is only read; what changes lies in a folder `ward` beside it.
pub(super) fn walk(guide: &mut Guide<'_>) -> Result<(), Failure> {
    make_vault(guide)?;
    back_up_again(guide)?;
    copy_and_drill(guide)?;
    lose_the_vault(guide)
}

fn make_vault(guide: &mut Guide<'_>) -> Result<(), Failure> {
    guide.title("tour-vault")?;
    guide.export("SEALKEEP_VAULT", "vault")?;
    guide.run(&["vault", "init"], Exit::Ok)?;
    let written = format!("printf '{}' > rules.toml", RULES.replace('\n', "\\n"));
    guide.by_hand(&written, || fs::write(guide.dir().join("rules.toml"), RULES))?;
    let ward = guide.dir().join("ward/patients/0042");
    guide.by_hand("mkdir -p ward/patients/0042", || fs::create_dir_all(&ward))?;
    guide.by_hand("echo stable > ward/patients/0042/note.txt", || {
        fs::write(ward.join("note.txt"), "stable\n")
    })?;
    let trial = guide.dir().join("ward/trials/0042");
    guide.by_hand("mkdir -p ward/trials/0042", || fs::create_dir_all(&trial))?;
    guide.by_hand("echo genome > ward/trials/0042/sample.txt", || {
        fs::write(trial.join("sample.txt"), "genome\n")
    })?;
    let explain = ["rules", "explain", "ward/patients/0042/note.txt", "--source", "ward"];
    guide.run(&[&explain[..], &["--scope-rules", "rules.toml"]].concat(), Exit::Ok)?;
    guide.run(&BACKUP, Exit::Ok)?;
    guide.notice("tour-vault-notice", &[])
}

fn back_up_again(guide: &mut Guide<'_>) -> Result<(), Failure> {
    guide.title("tour-backup")?;
    guide.run(&BACKUP, Exit::Ok)?;
    let ward = guide.dir().join("ward/patients");
    guide.by_hand("echo discharged > ward/patients/0042/note.txt", || {
        fs::write(ward.join("0042/note.txt"), "discharged\n")
    })?;
    guide.by_hand("mkdir ward/patients/0043", || fs::create_dir(ward.join("0043")))?;
    guide.by_hand("echo admitted > ward/patients/0043/note.txt", || {
        fs::write(ward.join("0043/note.txt"), "admitted\n")
    })?;
    guide.run(&BACKUP, Exit::Ok)?;
    let listed = guide.run(&["snapshots"], Exit::Ok)?;
    let listed = String::from_utf8_lossy(&listed).into_owned();
    let first = listed.split_whitespace().next().unwrap_or_default();
    guide.run(&["diff", first, "latest"], Exit::Ok)?;
    guide.run(&["find", "--subject", "0042"], Exit::Ok)?;
    let path = guide.dir().join("ward/patients/0042/note.txt");
    let before = guide.run(&["dump", first, &path.to_string_lossy()], Exit::Ok)?;
    must(before == b"stable\n", "dump")?;
    guide.notice("tour-backup-notice", &[])
}

fn copy_and_drill(guide: &mut Guide<'_>) -> Result<(), Failure> {
    guide.title("tour-vault-copy")?;
    let place = ["copy", "add", "other-building/vault", "--kind", "nas", "--custodian", "Li Wei"];
    guide.run(&place, Exit::Ok)?;
    guide.run(&["copy", "check"], Exit::Ok)?;
    guide.run(&["drill", "--copy", "other-building/vault"], Exit::Ok)?;
    // The policy that is built in is to be reviewed each year, and somebody may have a program that is older.
    guide.run_any(&["status"], &[Exit::Ok, Exit::Overdue])?;
    guide.notice("tour-vault-copy-notice", &[])
}

fn lose_the_vault(guide: &mut Guide<'_>) -> Result<(), Failure> {
    guide.title("tour-vault-loss")?;
    guide.by_hand("rm -r vault", || fs::remove_dir_all(guide.dir().join("vault")))?;
    guide.run(&["snapshots"], Code::VaultMissing.exit())?;
    let restore = ["--vault", "other-building/vault", "restore", "latest", "-o", "restored"];
    guide.run(&[&restore[..], &["--relative-to", "."]].concat(), Exit::Ok)?;
    for folder in ["back", "ward"] {
        compare_with(guide, folder, &format!("restored/{folder}"))?;
    }
    guide.notice("tour-vault-loss-notice", &[])
}

/// The nightly backup.
const BACKUP: [&str; 5] = ["backup", "back", "ward", "--scope-rules", "rules.toml"];

/// Who what belongs to.
const RULES: &str = r#"version = "tour"
[[rule]]
match = "patients/{id}/**"
scope = "patient/{id}"
level = 4
class = "inpatient"
subjects = ["{id}"]
[[rule]]
match = "trials/{id}/**"
scope = "trial/{id}"
level = 4
subjects = ["{id}"]
"#;
