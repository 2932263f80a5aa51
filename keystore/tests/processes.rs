//! Several processes at work on one key store at once.
//!
//! The processes are this same program, started again with a task in the environment.

mod common;

use std::collections::HashSet;
use std::env;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use common::{Fixture, make, opens};
use sealkeep_crypto::Suite;
use sealkeep_keystore::{
    Clearance, Error, InitOptions, KeyFile, KeyId, KeyStore, Location, NewCustody, OnFailure,
    RestoreOptions, Unlock,
};

/// Long enough for a busy machine: nothing here is meant to run out of time.
const PATIENCE: Duration = Duration::from_secs(120);
const PROCESSES: usize = 4;
const KEYS: usize = 12;

#[test]
fn keys_made_by_many_processes_are_all_there() {
    let (fixture, store) = Fixture::new(Suite::Aes256Gcm);
    drop(store);
    let tasks: Vec<Task> = (0..PROCESSES)
        .map(|number| Task::start(&fixture, "create", &["shared", &format!("own/{number}")]))
        .collect();
    let keys: Vec<_> = tasks.into_iter().flat_map(|task| parse_keys(task.finish())).collect();
    assert_all_there(&fixture, &fixture.place(), &keys);

    let mut store = fixture.open().expect("opens");
    let made: Vec<(String, u32)> = store
        .scopes()
        .expect("listed")
        .into_iter()
        .filter_map(|s| Some((s.name?, s.keys)))
        .collect();
    assert_eq!(made.len(), 1 + PROCESSES);
    for (name, count) in made {
        let expected = if name == "shared" { PROCESSES * KEYS } else { KEYS };
        assert_eq!(count as usize, expected, "{name}");
    }
}

#[test]
fn a_live_copy_keeps_up_with_many_processes() {
    let (fixture, mut store) = Fixture::new(Suite::Sm4Gcm);
    store.add_copy(&fixture.at("copy"), true, OnFailure::Refuse, PATIENCE).expect("a copy");
    drop(store);
    let tasks: Vec<Task> =
        (0..3).map(|_| Task::start(&fixture, "create-and-sync", &["shared", "too"])).collect();
    let keys: Vec<_> = tasks.into_iter().flat_map(|task| parse_keys(task.finish())).collect();
    assert_all_there(&fixture, &fixture.place(), &keys);

    // What was reported synced is in the copy, without the main store.
    fs::remove_dir_all(fixture.place().dir).expect("removed");
    let options = RestoreOptions::default();
    let restored = fixture.at("restored");
    KeyStore::restore(&fixture.at("copy"), &restored, &fixture.unlock(), &options, PATIENCE)
        .expect("restored");
    assert_all_there(&fixture, &restored, &keys);
}

#[test]
fn readers_see_a_key_or_its_destruction_and_nothing_else() {
    let (fixture, mut store) = Fixture::new(Suite::Aes256Gcm);
    let keys = make(&mut store, "s", 300);
    drop(store);
    let words: Vec<String> = keys.iter().step_by(25).map(|(id, _)| id.to_string()).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let mut readers: Vec<Task> = (0..2).map(|_| Task::start(&fixture, "read", &words)).collect();
    readers.iter_mut().for_each(Task::wait_until_ready);
    let destroyer = Task::start(&fixture, "destroy", &words[1..]);
    let creator = Task::start(&fixture, "create", &["s", "t"]);
    assert_eq!(destroyer.finish().len(), words.len() - 1);
    let made = parse_keys(creator.finish());
    for reader in readers {
        // It ends by itself once it has seen every key destroyed but the first.
        assert_eq!(reader.finish(), ["ready", "saw all"]);
    }
    let mut store = fixture.open().expect("opens");
    for (number, key) in keys.iter().enumerate() {
        assert_eq!(opens(&mut store, key), number % 25 != 0 || number == 0, "key {number}");
    }
    assert_all_there(&fixture, &fixture.place(), &made);
}

#[test]
fn a_held_lock_is_waited_for_and_dies_with_its_process() {
    let (fixture, mut store) = Fixture::new(Suite::Aes256Gcm);
    let key = make(&mut store, "s", 1).remove(0);
    let mut holder = Task::start(&fixture, "hold-the-lock", &[]);
    holder.wait_until_ready();

    let wait = Duration::from_millis(150);
    let mut hasty = KeyStore::open(&fixture.place(), &fixture.unlock(), wait).expect("opens");
    assert_eq!(hasty.key(&key.0).expect("listed").id, key.0, "looking waits for nobody");
    let unrecorded = hasty.open_key(&key.0);
    assert!(matches!(unrecorded, Err(Error::Busy(_))), "no key without its entry");
    let start = Instant::now();
    let refused = hasty.create_keys("s", Suite::Aes256Gcm, &[b"late"]);
    assert!(matches!(refused, Err(Error::Busy(waited)) if waited == wait), "{refused:?}");
    assert!(start.elapsed() >= wait);

    // One that is willing to wait goes on when the holder dies.
    let willing = Task::start(&fixture, "create", &["s", "t"]);
    thread::sleep(Duration::from_millis(50));
    holder.kill();
    assert_eq!(parse_keys(willing.finish()).len(), 2 * KEYS);
    let late = make(&mut hasty, "s", 1);
    assert!(opens(&mut hasty, &late[0]) && opens(&mut hasty, &key));
}

#[test]
fn of_many_that_make_a_store_at_one_place_one_does() {
    for _ in 0..5 {
        let fixture =
            Fixture { dir: tempfile::tempdir().expect("a folder"), key_file: KeyFile::generate() };
        let tasks: Vec<Task> = (0..PROCESSES).map(|_| Task::start(&fixture, "init", &[])).collect();
        let said: Vec<String> = tasks.into_iter().flat_map(Task::finish).collect();
        assert_eq!(said.len(), PROCESSES);
        assert_eq!(said.iter().filter(|line| *line == "made").count(), 1, "{said:?}");
        let mut store = fixture.open().expect("the one that was made");
        let key = make(&mut store, "s", 1).remove(0);
        assert!(opens(&mut store, &key));
    }
}

/// Started by the other tests as a process of its own.
#[test]
#[ignore = "the processes that the other tests start"]
fn process() {
    let (Ok(task), Some(dir)) = (env::var(TASK), env::var_os(DIR)) else { return };
    let key_file = KeyFile::parse(env::var(KEY_FILE).expect("a key file").as_bytes());
    let key_file = key_file.expect("a key file");
    let place = Location::new(PathBuf::from(dir), None);
    let words = env::var(WORDS).expect("words");
    let words: Vec<&str> = words.split_whitespace().collect();
    let open = || KeyStore::open(&place, &Unlock::KeyFile(&key_file), PATIENCE).expect("opens");
    match task.as_str() {
        "create" => create(&mut open(), &words, false),
        "create-and-sync" => create(&mut open(), &words, true),
        "read" => read(&mut open(), &ids(&words)),
        "destroy" => {
            let mut store = open();
            for id in ids(&words) {
                store.destroy(Clearance::destroy_for_test(vec![id], [1; 32])).expect("destroyed");
                say("destroyed");
            }
        }
        "hold-the-lock" => {
            let lock = fs::File::open(place.dir.join("lock")).expect("the lock file");
            lock.lock().expect("locked");
            say("ready");
            thread::sleep(PATIENCE);
        }
        "init" => init(&place, &key_file),
        other => panic!("no task {other}"),
    }
}

fn create(store: &mut KeyStore, scopes: &[&str], sync: bool) {
    for _ in 0..KEYS {
        let mut made = Vec::new();
        for scope in scopes {
            let labels: &[&[u8]] = &[b"label"];
            made.extend(store.create_keys(scope, Suite::Aes256Gcm, labels).expect("made"));
        }
        if sync {
            store.sync_live_copies().expect("copied");
        }
        for key in made {
            let secret: String = key.secret.expose().iter().map(|b| format!("{b:02x}")).collect();
            say(&format!("{} {secret}", key.id));
        }
    }
}

/// Reads all keys again and again until all but the first are destroyed.
fn read(store: &mut KeyStore, ids: &[KeyId]) {
    let mut dead = vec![false; ids.len()];
    let mut secrets = Vec::new();
    for id in ids {
        secrets.push(*store.open_key(id).expect("nothing is destroyed yet").secret.expose());
    }
    say("ready");
    while !dead[1..].iter().all(|dead| *dead) {
        for (number, id) in ids.iter().enumerate() {
            match store.open_key(id) {
                Ok(opened) => {
                    assert!(!dead[number], "key {number} is back");
                    assert_eq!(*opened.secret.expose(), secrets[number], "another key");
                }
                Err(Error::Destroyed { .. }) => dead[number] = true,
                Err(error) => panic!("key {number}: {error}"),
            }
        }
        assert!(!dead[0], "the first key was not to be destroyed");
    }
    say("saw all");
}

fn init(place: &Location, key_file: &KeyFile) {
    let options = InitOptions {
        suite: Suite::Aes256Gcm,
        custody: &[NewCustody::KeyFile(key_file)],
        shares: None,
    };
    match KeyStore::init(place, &options, PATIENCE) {
        Ok(_) => say("made"),
        Err(Error::AlreadyExists(_)) => say("exists"),
        Err(error) => panic!("{error}"),
    }
}

fn ids(words: &[&str]) -> Vec<KeyId> {
    words.iter().map(|word| word.parse().expect("a key id")).collect()
}

fn parse_keys(lines: Vec<String>) -> Vec<(KeyId, String)> {
    let keys = lines.iter().map(|line| line.split_once(' ').expect("id and secret"));
    keys.map(|(id, secret)| (id.parse().expect("a key id"), secret.to_owned())).collect()
}

fn assert_all_there(fixture: &Fixture, place: &Location, keys: &[(KeyId, String)]) {
    let distinct: HashSet<_> = keys.iter().map(|(id, _)| id).collect();
    assert_eq!(distinct.len(), keys.len(), "an id was given out twice");
    let mut store = fixture.open_at(place).expect("opens");
    for (id, secret) in keys {
        let opened = store.open_key(id).unwrap_or_else(|error| panic!("{id}: {error}"));
        let seen: String = opened.secret.expose().iter().map(|b| format!("{b:02x}")).collect();
        assert_eq!(seen, *secret, "another key under this id");
    }
    drop(store);
    let report = KeyStore::check(place, Some(&fixture.unlock()), PATIENCE).expect("checked");
    assert!(report.problems.is_empty(), "{:?}", report.problems);
}

const TASK: &str = "SEALKEEP_PROCESS_TASK";
const DIR: &str = "SEALKEEP_PROCESS_DIR";
const KEY_FILE: &str = "SEALKEEP_PROCESS_KEY_FILE";
const WORDS: &str = "SEALKEEP_PROCESS_WORDS";
const MARK: &str = "@@ ";

fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    out.write_all(format!("\n{MARK}{line}\n").as_bytes()).expect("written");
    out.flush().expect("written");
}

/// A process at work.
struct Task {
    child: Child,
    output: BufReader<std::process::ChildStdout>,
    said: Vec<String>,
}

impl Task {
    fn start(fixture: &Fixture, task: &str, words: &[&str]) -> Self {
        let key_file = fixture.key_file.to_text();
        let mut child = Command::new(env::current_exe().expect("this program"))
            .args(["process", "--exact", "--ignored", "--nocapture"])
            .env(TASK, task)
            .env(DIR, fixture.place().dir)
            .env(KEY_FILE, String::from_utf8_lossy(key_file.expose()).into_owned())
            .env(WORDS, words.join(" "))
            .stdout(Stdio::piped())
            .spawn()
            .expect("started");
        let output = BufReader::new(child.stdout.take().expect("a pipe"));
        Self { child, output, said: Vec::new() }
    }

    fn wait_until_ready(&mut self) {
        while self.said.is_empty() {
            assert!(self.listen(), "it ended before it was ready");
        }
    }

    /// Waits for the end, which must be a good one, and returns what was said.
    fn finish(mut self) -> Vec<String> {
        while self.listen() {}
        assert!(self.child.wait().expect("waited").success(), "a process failed: see above");
        std::mem::take(&mut self.said)
    }

    fn kill(mut self) {
        self.child.kill().expect("killed");
        self.child.wait().expect("waited");
    }

    fn listen(&mut self) -> bool {
        let mut line = String::new();
        if self.output.read_line(&mut line).expect("read") == 0 {
            return false;
        }
        self.said.extend(line.strip_prefix(MARK).map(|line| line.trim_end().to_owned()));
        true
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        // A test that fails leaves no process behind.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
