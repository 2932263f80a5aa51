//! A key store with officers, a vault with two patients, a copy of it, and the program that is run on them.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use serde_json::Value;
use tempfile::TempDir;

/// The content of files by their paths below some folder.
pub(crate) type Tree = BTreeMap<PathBuf, Vec<u8>>;

/// A scratch folder with everything that a destruction needs.
pub(crate) struct Scene {
    scratch: TempDir,
    root: PathBuf,
}

/// How a command ended.
#[derive(Debug)]
pub(crate) struct Done {
    /// Its exit code; -1 when a signal ended it.
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Scene {
    /// A key store with officers and a policy without a wait, and a vault with a copy. `live`: the key store has a live copy too.
    pub(crate) fn new(live: bool) -> Self {
        let scratch = tempfile::tempdir().unwrap();
        let root = scratch.path().canonicalize().unwrap();
        let scene = Self { scratch, root };
        scene.good("", &["init", "--suite", "aes256-gcm", "--new-key-file", "admin.key"]);
        if live {
            scene.good("", &["keystore", "copy", "add", "live"]);
        }
        scene.good("", &["vault", "init"]);
        for patient in ["0042", "0043"] {
            for scan in 1..4 {
                let name = format!("ward/patients/{patient}/scan{scan}");
                scene.write(&name, format!("scan {scan} of {patient} ").repeat(100 * scan));
            }
        }
        scene.write("rules.toml", RULES);
        scene.back_up();
        scene.write("ward/patients/0042/scan1", "a later scan");
        scene.back_up();
        scene.good("", &["copy", "add", "copy", "--kind", "nas", "--custodian", "x"]);
        scene.hold_ceremony();
        scene
    }

    fn back_up(&self) {
        self.good("", &["backup", "ward", "--scope-rules", "rules.toml"]);
    }

    fn hold_ceremony(&self) {
        self.write("pass", PASS);
        let mut list = String::new();
        for (officer, (id, role)) in officers(self).iter().zip(OFFICERS) {
            self.write(&format!("officers/{id}.pem"), &officer.pem);
            list += &format!("[[officer]]\nid = \"{id}\"\nname = \"{id}\"\nperson = \"p-{id}\"\n");
            list += &format!("roles = [\"{role}\"]\nkey = \"{}\"\n", officer.public);
            if role == "executor" {
                list += "qualification = { number = \"Q-7\", until = 2099-06-30 }\n";
            }
        }
        self.write("officers.toml", list);
        let policy = self.good("", &["policy", "default"]).stdout;
        self.write("policy.toml", policy.replace("wait = \"7d\"", "wait = \"0s\""));
        let ceremony = ["officer", "init", "officers.toml", "--policy", "policy.toml", "-o", "one"];
        self.good("chen", &ceremony);
        self.good("zhao", &["statement", "sign", "one", "zhao", "-o", "two"]);
        self.good("", &["statement", "submit", "two"]);
    }

    pub(crate) fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.root.join(name)
    }

    /// Writes a file.
    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    /// The program, as this officer would run it; as nobody, if there is no name.
    pub(crate) fn command<S: AsRef<OsStr>>(&self, officer: &str, args: &[S]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sealkeep"));
        self.prepare(officer, &mut command);
        command.args(args);
        command
    }

    /// Folder and environment of [`Scene::command`].
    pub(crate) fn prepare(&self, officer: &str, command: &mut Command) {
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("SEALKEEP_") {
                command.env_remove(name);
            }
        }
        command
            .current_dir(&self.root)
            .env("SEALKEEP_KEYSTORE", self.path("keys"))
            .env("SEALKEEP_KEY_FILE", self.path("admin.key"))
            .env("SEALKEEP_VAULT", self.path("vault"))
            .env("SEALKEEP_LANG", "en")
            .env("XDG_CONFIG_HOME", self.path("config"))
            .stdin(Stdio::null());
        if !officer.is_empty() {
            command
                .env("SEALKEEP_OFFICER_KEY", self.path(format!("officers/{officer}.pem")))
                .env("SEALKEEP_OFFICER_PASSPHRASE_FILE", self.path("pass"));
        }
    }

    /// Runs the program to its end.
    pub(crate) fn run<S: AsRef<OsStr>>(&self, officer: &str, args: &[S]) -> Done {
        done(&mut self.command(officer, args))
    }

    /// Runs the program, which must end with this exit code.
    pub(crate) fn ends<S: AsRef<OsStr>>(&self, code: i32, officer: &str, args: &[S]) -> Done {
        let done = self.run(officer, args);
        assert_eq!(done.code, code, "{}{}", done.stdout, done.stderr);
        done
    }

    /// Runs the program, which must succeed.
    pub(crate) fn good<S: AsRef<OsStr>>(&self, officer: &str, args: &[S]) -> Done {
        self.ends(0, officer, args)
    }

    /// Applies for a destruction, and approves it: what belongs to the one patient, and this file.
    pub(crate) fn approved(&self, plain: Option<&str>) {
        let mut request = vec!["destroy", "request", "--number", NUMBER, "--subject", "0042"];
        request.extend(["--trigger", "consent-withdrawn", "--reason", "consent withdrawn"]);
        request.push("--yes");
        if let Some(plain) = plain {
            request.extend(["--wipe", plain]);
        }
        self.good("wang", &request);
        for officer in ["li", "zhang"] {
            self.good(officer, &["destroy", "approve", NUMBER, "--yes"]);
        }
    }

    /// Executes, as the executor.
    pub(crate) fn execute(&self) -> Done {
        self.run("sun", &EXECUTE)
    }

    /// What `destroy status` says.
    pub(crate) fn status(&self) -> Value {
        let told = self.good("", &["--json", "destroy", "status", NUMBER]);
        serde_json::from_str(&told.stdout).unwrap()
    }

    /// The state of the request.
    pub(crate) fn state(&self) -> String {
        self.status()["state"].as_str().unwrap().to_owned()
    }

    /// Everything that comes after the execution, up to a certificate that is verified.
    pub(crate) fn certify(&self) {
        for witness in ["zhou", "wu"] {
            self.assert_not_certified();
            self.good(witness, &["destroy", "witness", NUMBER, "--yes"]);
        }
        self.assert_not_certified();
        self.good("zheng", &["destroy", "inspect", NUMBER, "--yes"]);
        assert_eq!(self.state(), "done");
        let made =
            self.good("", &["--json", "destroy", "certify", NUMBER, "--output", "certificates"]);
        let made: Value = serde_json::from_str(&made.stdout).unwrap();
        let text = |name: &str| made[name].as_str().unwrap().to_owned();
        let (file, genesis) = (text("certificate"), text("genesis"));
        self.good("", &["certificate", "verify", &file, "--trust", &genesis]);
        fs::remove_dir_all(self.path("certificates")).unwrap();
    }

    /// There is no certificate of what is not done.
    pub(crate) fn assert_not_certified(&self) {
        let done = self.run("", &["destroy", "certify", NUMBER, "--output", "certificates"]);
        assert_ne!(done.code, 0, "certified in state {}: {}", self.state(), done.stdout);
        let made = fs::read_dir(self.path("certificates")).map_or(0, Iterator::count);
        assert_eq!(made, 0, "a certificate in spite of {}", done.stderr);
    }

    /// What was to be destroyed does not open; the rest of the newest snapshot restores as it was, from this vault.
    pub(crate) fn assert_destroyed(&self, vault: &str) {
        let (done, back) = self.restore(vault);
        assert_eq!(done.code, 41, "{}{}", done.stdout, done.stderr);
        assert_same(&back, &self.left());
        for scan in 1..4 {
            let file = self.path(format!("ward/patients/0042/scan{scan}"));
            let file = file.to_str().unwrap();
            let done = self.ends(31, "", &["--vault", vault, "dump", "latest", file]);
            assert!(done.stdout.is_empty());
        }
    }

    /// Everything restores as it was.
    pub(crate) fn assert_all_opens(&self, vault: &str) {
        let (done, back) = self.restore(vault);
        assert_eq!(done.code, 0, "{}{}", done.stdout, done.stderr);
        assert_same(&back, &tree(&self.path("ward")));
    }

    /// The newest snapshot, as far as it comes back.
    fn restore(&self, vault: &str) -> (Done, Tree) {
        let out = tempfile::tempdir_in(self.scratch.path()).unwrap();
        let back = out.path().join("back");
        let command =
            ["--vault", vault, "restore", "latest", "-o", back.to_str().unwrap(), "--relative-to"];
        let ward = self.path("ward");
        let done = self.run("", &[&command[..], &[ward.to_str().unwrap()]].concat());
        (done, if back.exists() { tree(&back) } else { Tree::new() })
    }

    /// Files that stay.
    fn left(&self) -> Tree {
        let mut left = tree(&self.path("ward"));
        left.retain(|path, _| !path.starts_with("patients/0042"));
        left
    }

    /// Keeps folders as they are now, under another name.
    pub(crate) fn keep(&self, names: &[&str], tag: &str) {
        for name in names.iter().filter(|name| self.path(name).exists()) {
            copy(&self.path(name), &self.path(format!("{name}.{tag}")));
        }
    }

    /// Puts folders back that were kept.
    pub(crate) fn put_back(&self, names: &[&str], tag: &str) {
        for name in names {
            let kept = self.path(format!("{name}.{tag}"));
            if kept.exists() {
                copy(&kept, &self.path(name));
            }
        }
    }

    /// The only file among those of requests whose name ends so.
    pub(crate) fn part(&self, ending: &str) -> Option<PathBuf> {
        let entries = fs::read_dir(self.path("keys/requests")).unwrap();
        let mut paths = entries.map(|entry| entry.unwrap().path());
        paths.find(|path| path.extension().is_some_and(|end| end == ending))
    }
}

/// Runs a command to its end.
pub(crate) fn done(command: &mut Command) -> Done {
    let output = command.output().unwrap();
    Done {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// All files below a folder.
pub(crate) fn tree(top: &Path) -> Tree {
    let mut found = Tree::new();
    let mut waiting = vec![top.to_owned()];
    while let Some(dir) = waiting.pop() {
        for entry in fs::read_dir(&dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                waiting.push(path);
            } else {
                found.insert(path.strip_prefix(top).unwrap().to_owned(), fs::read(&path).unwrap());
            }
        }
    }
    found
}

/// Copies a folder with everything about it, in place of what is there.
pub(crate) fn copy(from: &Path, to: &Path) {
    if to.exists() {
        fs::remove_dir_all(to).unwrap();
    }
    let status = Command::new("cp").arg("-a").args([from, to]).status().unwrap();
    assert!(status.success());
}

/// Says which paths differ, and not how.
fn assert_same(is: &Tree, was: &Tree) {
    let paths: Vec<&PathBuf> =
        is.keys().chain(was.keys()).filter(|path| is.get(*path) != was.get(*path)).collect();
    assert!(paths.is_empty(), "{paths:?}");
}

/// Whether all is tried, however long it takes.
pub(crate) fn thorough() -> bool {
    std::env::var_os("SEALKEEP_REQUIRE_ALL").is_some_and(|value| value == "1")
}

struct Officer {
    pem: Vec<u8>,
    public: String,
}

/// Keys of all officers, made once, in the first scene: that takes its time.
fn officers(scene: &Scene) -> &'static [Officer] {
    static MADE: OnceLock<Vec<Officer>> = OnceLock::new();
    MADE.get_or_init(|| OFFICERS.map(|_| new_officer(scene)).into())
}

fn new_officer(scene: &Scene) -> Officer {
    let new = ["--json", "--officer-passphrase-file", "pass", "officer", "new", "new.pem"];
    let told: Value = serde_json::from_str(&scene.good("", &new).stdout).unwrap();
    let pem = fs::read(scene.path("new.pem")).unwrap();
    fs::remove_file(scene.path("new.pem")).unwrap();
    Officer { pem, public: told["key"].as_str().unwrap().to_owned() }
}

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

/// The number of the request.
pub(crate) const NUMBER: &str = "2026-001";

/// The command that is killed.
pub(crate) const EXECUTE: [&str; 4] = ["destroy", "execute", NUMBER, "--yes"];

/// All that a destruction may change.
pub(crate) const GROUND: [&str; 4] = ["keys", "live", "vault", "copy"];

const PASS: &str = "pass word\n";

const RULES: &str = r#"
version = "1"
[[rule]]
match = "patients/{id}/**"
scope = "patient/{id}"
level = 4
class = "research"
subjects = ["{id}"]
"#;
