//! Our files opened, and theirs sealed, by the Python implementation in `tests/interop/`, which was written from the specification
//! alone; DICOM images from the Python package `pydicom` through sealing and opening; and what `wipe` says, against its JSON schema.
//!
//! Needs `python3` with `cryptography` (and `pydicom`, `jsonschema`); `SEALKEEP_PYTHON` names another interpreter. Without them a test says
//! so and does nothing, or fails if `SEALKEEP_REQUIRE_ALL` is set.

#![allow(clippy::unwrap_used, clippy::cast_possible_truncation, clippy::print_stderr)]

#[path = "support/keys.rs"]
#[expect(dead_code, reason = "shared with other tests")]
mod keys;
#[path = "support/tree.rs"]
#[expect(dead_code, reason = "shared with other tests")]
mod tree;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use sealkeep::envelope::{Kind, Metadata, Mtime, Preamble, Run, SealedPath, Sealer, SegmentSize};
use sealkeep::files::{OpenOptions, OpenPlan, OpenTarget, SealOptions, SealPlan, SealTarget};
use sealkeep::wipe::{Fill, Pass, Seed};
use sealkeep_crypto::{Secret, Suite};
use sealkeep_keystore::KeyId;

fn script() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/interop/sealkeep_envelope.py")
}

/// A command of the interpreter, if it can import this package.
fn python_with(package: &str) -> Option<Command> {
    let python = std::env::var_os("SEALKEEP_PYTHON").unwrap_or_else(|| "python3".into());
    let found = Command::new(&python).args(["-c", &format!("import {package}")]).output();
    if found.is_ok_and(|output| output.status.success()) {
        return Some(Command::new(python));
    }
    assert!(
        std::env::var_os("SEALKEEP_REQUIRE_ALL").is_none(),
        "python3 with {package} is required here"
    );
    eprintln!("skipped: no python3 with {package}");
    None
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn succeed(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn python_agrees_with_the_vectors() {
    let Some(mut python) = python_with("cryptography") else { return };
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/spec/vectors/envelope");
    let said = succeed(python.arg(script()).arg("check-vectors").arg(folder));
    assert!(said.contains("vectors agree"));
}

#[test]
fn python_opens_what_we_seal() {
    let scratch = tempfile::tempdir().unwrap();
    let (sealed, opened) = (scratch.path().join("sealed"), scratch.path().join("opened"));
    for suite in Suite::ALL {
        for len in [0, 1, 4096, 4097, 10_000] {
            let Some(mut python) = python_with("cryptography") else { return };
            let key = Secret::random();
            let metadata = Metadata {
                kind: Kind::File,
                mode: Some(0o640),
                mtime: Some(Mtime { seconds: -3, nanoseconds: 7 }),
                path: Some(SealedPath::new(*b"a/\xff b").unwrap()),
            };
            let content: Vec<u8> = (0..len).map(|at| (at % 253) as u8).collect();
            let segment = SegmentSize::from_log2(12).unwrap();
            let sealer = Sealer::new(&key, KeyId([3; 16]), suite, segment, &metadata).unwrap();
            sealer
                .seal_stream(&content[..], fs::File::create(&sealed).unwrap(), &Run::quiet())
                .unwrap();
            let args = ["open", "--key", &hex(key.expose())];
            let said = succeed(python.arg(script()).args(args).args([&sealed, &opened]));
            assert!(fs::read(&opened).unwrap() == content, "{suite} {len}");
            assert_eq!(
                said.trim(),
                r#"{"kind": "file", "path": "612fff2062", "mode": 416, "mtime": [-3, 7]}"#
            );
        }
    }
}

#[test]
fn we_open_what_python_seals() {
    let scratch = tempfile::tempdir().unwrap();
    let (plain, sealed) = (scratch.path().join("plain"), scratch.path().join("sealed"));
    for suite in Suite::ALL {
        for (len, log2) in [(0, "12"), (1, "16"), (4096, "12"), (12_289, "12"), (70_000, "16")] {
            let Some(mut python) = python_with("cryptography") else { return };
            let key = Secret::random();
            let content: Vec<u8> = (0..len).map(|at| (at % 249) as u8).collect();
            fs::write(&plain, &content).unwrap();
            let (key_hex, id) = (hex(key.expose()), hex(&[5; 16]));
            let args = [
                "seal",
                "--suite",
                suite.name(),
                "--key",
                &key_hex,
                "--key-id",
                &id,
                "--segment-log2",
                log2,
            ];
            let more = ["--path", "x/y", "--mode", "0755", "--mtime", "9.5"];
            succeed(python.arg(script()).args(args).args(more).args([&plain, &sealed]));
            let mut input = fs::File::open(&sealed).unwrap();
            let opener = Preamble::read(&mut input).unwrap().unlock(&key).unwrap();
            let metadata = opener.metadata();
            assert_eq!(metadata.path.as_ref().unwrap().as_bytes(), b"x/y");
            assert_eq!(
                (metadata.mode, metadata.mtime),
                (Some(0o755), Some(Mtime { seconds: 9, nanoseconds: 5 }))
            );
            let mut opened = Vec::new();
            opener.open_stream(input, &mut opened, &Run::quiet()).unwrap();
            assert!(opened == content, "{suite} {len}");
        }
    }
}

/// The streams of wipe passes: the vector of the specification, and parts at any offset.
#[test]
fn python_makes_the_same_streams() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let wipe = root.join("tests/interop/sealkeep_wipe.py");
    let Some(mut python) = python_with("cryptography") else { return };
    let said = succeed(python.arg(&wipe).arg("check-spec").arg(root.join("docs/spec/wipe.md")));
    assert!(said.contains("the vector agrees"));
    let seed = Seed::random();
    for (number, base, offset, len) in
        [(1, 0, 0, 40), (2, 0, 131_071, 2), (3, u64::from(u32::MAX), 65_530, 70_000)]
    {
        let Some(mut python) = python_with("cryptography") else { return };
        let mut expected = vec![0; len];
        Fill::new(&Pass::Random, number, &seed).write(base, offset, &mut expected);
        let (number, base) = (number.to_string(), base.to_string());
        let (offset, len) = (offset.to_string(), len.to_string());
        python.arg(&wipe).args(["stream", "--seed", &hex(seed.expose()), "--pass", &number]);
        python.args(["--base", &base, "--offset", &offset, "--length", &len]);
        assert!(succeed(&mut python).trim() == hex(&expected), "pass {number}");
    }
}

/// Survey, plan and report of a folder, and the report in a file; and that the check finds what is wrong.
#[test]
fn what_wipe_says_fits_its_schema() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let check = |file: &Path| {
        let mut python = python_with("jsonschema")?;
        python.arg(root.join("tests/interop/check_wipe_report.py"));
        Some(python.arg(root.join("docs/spec/wipe-report.schema.json")).arg(file).output().unwrap())
    };
    let scratch = tempfile::tempdir().unwrap();
    let path = |name: &str| scratch.path().join(name);
    fs::create_dir(path("folder")).unwrap();
    fs::write(path("folder/large"), vec![7; 100_000]).unwrap();
    fs::write(path("folder/empty"), "").unwrap();
    std::os::unix::fs::symlink("large", path("folder/link")).unwrap();
    for how in ["--survey", "--dry-run", "--yes"] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sealkeep"));
        command.args(["wipe", how, "--json", "--verbose", "--require", "nothing"]);
        command.arg("--journal").arg(path("journal")).arg("--report").arg(path("report"));
        command.arg(path("folder")).env("XDG_CONFIG_HOME", path("config"));
        let output = command.output().unwrap();
        let code = output.status.code().unwrap();
        assert!([0, 3, 40].contains(&code), "{}", String::from_utf8_lossy(&output.stderr));
        fs::write(path("said"), &output.stdout).unwrap();
        let Some(checked) = check(&path("said")) else { return };
        assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
    }
    assert!(!path("folder").exists());
    assert!(check(&path("report")).unwrap().status.success());
    let report = fs::read_to_string(path("report")).unwrap();
    for (right, wrong) in
        [("\"kept\"", "\"held\""), ("\"read_back\": ", "\"read_back\": 7, \"x\": ")]
    {
        fs::write(path("report"), report.replacen(right, wrong, 1)).unwrap();
        assert!(!check(&path("report")).unwrap().status.success(), "{wrong}");
    }
}

#[test]
fn dicom_images_come_back_byte_for_byte() {
    let Some(mut python) = python_with("pydicom") else { return };
    let code = "import pydicom, pathlib; print(pathlib.Path(pydicom.__file__).parent / 'data' / 'test_files')";
    let images = PathBuf::from(succeed(python.args(["-c", code])).trim());
    let scratch = tempfile::tempdir().unwrap();
    for suite in Suite::ALL {
        let keys = keys::MemoryKeys::default();
        let (sealed, opened) =
            (scratch.path().join(format!("{suite}.s")), scratch.path().join(suite.name()));
        let options = SealOptions::new("images", suite);
        let plan = SealPlan::new(
            std::slice::from_ref(&images),
            &SealTarget::Path(sealed.clone()),
            options,
        )
        .unwrap();
        let report = plan.execute(&keys, &Run::quiet());
        assert!(report.is_complete() && report.files > 20, "{report:?}");
        let target = OpenTarget::Directory(opened.clone());
        let report = OpenPlan::new(&[sealed], &target, OpenOptions::default())
            .unwrap()
            .execute(&keys, &Run::quiet());
        assert!(report.is_complete(), "{report:?}");
        tree::same_trees(&images, &opened);
    }
}
