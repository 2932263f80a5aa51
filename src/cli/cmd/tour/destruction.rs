//! The steps about destruction: nine officers, one request from the first signature to the certificate.

use std::fs;
use std::time::Duration;

use crate::cli::exit::{Code, Exit};
use crate::cli::failure::Failure;

use super::guide::Guide;
use super::steps::must;

/// Walks all of them. The vault is the one that the steps before have left in the other building.
pub(super) fn walk(guide: &mut Guide<'_>) -> Result<(), Failure> {
    ceremony(guide)?;
    request_and_approve(guide)?;
    execute(guide)?;
    prove(guide)
}

fn ceremony(guide: &mut Guide<'_>) -> Result<(), Failure> {
    guide.title("tour-officers")?;
    guide.export("SEALKEEP_VAULT", "other-building/vault")?;
    guide.export("SEALKEEP_OFFICER_PASSPHRASE_FILE", "officers/passphrase")?;
    let dir = guide.dir().join("officers");
    guide.by_hand("mkdir officers", || fs::create_dir(&dir))?;
    guide.by_hand("echo … > officers/passphrase", || {
        let random: [u8; 12] = sealkeep_crypto::random::array();
        fs::write(dir.join("passphrase"), crate::cli::hex(&random) + "\n")
    })?;
    let mut list = String::new();
    for (number, (id, role)) in OFFICERS.iter().enumerate() {
        let file = format!("officers/{id}.pem");
        let told = guide.run(&["officer", "new", &file], Exit::Ok)?;
        let told = String::from_utf8_lossy(&told).into_owned();
        let is_key = |word: &&str| word.starts_with("ed25519:") || word.starts_with("sm2:");
        let key = told.split_whitespace().find(is_key).unwrap_or_default();
        list += &format!(
            "[[officer]]\nid = \"{id}\"\nname = \"{id}\"\nperson = \"staff-{number}\"\nroles = [\"{role}\"]\nkey = \"{key}\"\n"
        );
        if *role == "executor" {
            list += "qualification = { number = \"Q-2026-7\", until = 2099-12-31 }\n";
        }
    }
    guide.by_hand("vi officers/list.toml", || fs::write(dir.join("list.toml"), list))?;
    let policy = guide.run(&["policy", "default"], Exit::Ok)?;
    let policy = String::from_utf8_lossy(&policy).replace("\"7d\"", "\"2s\"");
    guide.by_hand("sealkeep policy default | sed s/7d/2s/ > officers/policy.toml", || {
        fs::write(dir.join("policy.toml"), policy)
    })?;
    sign_as(guide, "chen")?;
    let begin = ["officer", "init", "officers/list.toml", "--policy", "officers/policy.toml"];
    guide.run(&[&begin[..], &["--output", "officers/genesis-1.json"]].concat(), Exit::Ok)?;
    sign_as(guide, "zhao")?;
    let second = ["statement", "sign", "officers/genesis-1.json", "zhao"];
    guide.run(&[&second[..], &["--output", "officers/genesis.json"]].concat(), Exit::Ok)?;
    guide.run(&["statement", "submit", "officers/genesis.json"], Exit::Ok)?;
    guide.run(&["policy", "explain", "L4"], Exit::Ok)?;
    guide.notice("tour-officers-notice", &[])
}

fn request_and_approve(guide: &mut Guide<'_>) -> Result<(), Failure> {
    guide.title("tour-request")?;
    sign_as(guide, "wang")?;
    let why = ["--trigger", "consent-withdrawn", "--reason", "consent withdrawn", "--yes"];
    let all = ["destroy", "request", "--subject", "0042", "--number", NUMBER];
    guide.run(&[&all[..], &why[..]].concat(), Code::MustBeKept.exit())?;
    guide.notice("tour-request-refused", &[])?;
    let some = ["destroy", "request", "--scope", "trial/0042", "--number", NUMBER];
    guide.run(&[&some[..], &why[..]].concat(), Exit::Ok)?;
    guide.run(&["destroy", "review", NUMBER], Exit::Ok)?;
    guide.run(&["destroy", "approve", NUMBER, "--yes"], Code::Statement.exit())?;
    sign_as(guide, "li")?;
    guide.run(&["destroy", "approve", NUMBER, "--opinion", "in order", "--yes"], Exit::Ok)?;
    sign_as(guide, "zhang")?;
    guide.run(&["destroy", "export", NUMBER, "--output", "packet.json"], Exit::Ok)?;
    let away = ["destroy", "approve", "--packet", "packet.json", "--out", "approval.json", "--yes"];
    guide.run(&away, Exit::Ok)?;
    guide.run(&["destroy", "import", "approval.json"], Exit::Ok)?;
    guide.notice("tour-request-notice", &[])
}

fn execute(guide: &mut Guide<'_>) -> Result<(), Failure> {
    guide.title("tour-execute")?;
    let sample = guide.dir().join("ward/trials/0042/sample.txt");
    let sample = sample.to_string_lossy().into_owned();
    // Whoever wants to use what waits for its destruction is heard.
    guide.run(&["dump", "latest", &sample], Exit::Alarm)?;
    sign_as(guide, "sun")?;
    guide.by_hand("sleep 2", || {
        std::thread::sleep(Duration::from_secs(3));
        Ok(())
    })?;
    guide.run(&["destroy", "execute", NUMBER, "--yes"], Code::Statement.exit())?;
    sign_as(guide, "zhang")?;
    guide.run(&["destroy", "resume", NUMBER, "--opinion", "a slip", "--yes"], Exit::Ok)?;
    sign_as(guide, "sun")?;
    guide.run(&["destroy", "execute", NUMBER, "--yes"], Exit::Ok)?;
    guide.run(&["dump", "latest", &sample], Code::KeyDestroyed.exit())?;
    guide.notice("tour-execute-notice", &[])
}

fn prove(guide: &mut Guide<'_>) -> Result<(), Failure> {
    guide.title("tour-prove")?;
    for witness in ["zhou", "wu"] {
        sign_as(guide, witness)?;
        guide.run(&["destroy", "witness", NUMBER, "--yes"], Exit::Ok)?;
    }
    sign_as(guide, "zheng")?;
    guide.run(&["destroy", "inspect", NUMBER, "--yes"], Exit::Ok)?;
    guide.run(&["destroy", "certify", NUMBER, "--output", "certificates"], Exit::Ok)?;
    let certificate = certificate(guide)?;
    guide.run(&["certificate", "verify", &certificate], Exit::Ok)?;
    let restored = ["restore", "latest", "-o", "restored-without", "--relative-to", "."];
    guide.run(&restored, Exit::DestroyedObjects)?;
    let without = guide.dir().join("restored-without/ward");
    must(!without.join("trials/0042/sample.txt").exists(), "trials/0042/sample.txt")?;
    must(without.join("patients/0042/note.txt").exists(), "patients/0042/note.txt")?;
    guide.run(&["ledger", "check"], Exit::Ok)?;
    guide.notice("tour-prove-notice", &[])
}

/// From here on this officer is at the keyboard.
fn sign_as(guide: &mut Guide<'_>, id: &str) -> Result<(), Failure> {
    guide.export("SEALKEEP_OFFICER_KEY", &format!("officers/{id}.pem"))
}

/// The certificate that was issued, as a path in the folder of the tour.
fn certificate(guide: &Guide<'_>) -> Result<String, Failure> {
    let dir = guide.dir().join("certificates");
    let listed = fs::read_dir(&dir).map_err(|error| Failure::io(&dir, &error))?;
    let mut names = listed.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned());
    let name = names.find(|name| name.ends_with(".certificate.json"));
    let name = name.ok_or_else(|| Failure::at(Code::NotFound, &dir))?;
    Ok(format!("certificates/{name}"))
}

/// Two with authority, and the seven whom a destruction takes.
const OFFICERS: [(&str, &str); 9] = [
    ("chen", "authority"),
    ("zhao", "authority"),
    ("wang", "data-administrator"),
    ("li", "department-head"),
    ("zhang", "legal"),
    ("sun", "executor"),
    ("zhou", "witness"),
    ("wu", "witness"),
    ("zheng", "inspector"),
];

const NUMBER: &str = "2026-001";
