//! What a person at a terminal meets: binary data kept away, passphrases asked for without echo.

use std::fs::File;
use std::io::{Read, Write};
use std::process::{Command, Stdio};

use rustix::fs::{Mode, OFlags, open};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

use crate::destruction::Office;
use crate::world::{World, skip};

/// A new terminal: our side and the side of the program.
fn terminal() -> (File, File) {
    let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a terminal");
    grantpt(&ours).expect("it is ours");
    unlockpt(&ours).expect("it is ours");
    let name = ptsname(&ours, Vec::new()).expect("it has a name");
    let theirs = open(name, OFlags::RDWR | OFlags::NOCTTY, Mode::empty()).expect("it is there");
    (File::from(ours), File::from(theirs))
}

#[test]
fn binary_data_does_not_reach_a_terminal() {
    let world = World::with_store();
    world.write("text", "plain words\n");
    world.write("binary", [0, 27, b'[', b'2', b'J']);
    world.good(&["seal", "text", "-o", "text.sealed"]);
    world.good(&["seal", "binary", "-o", "binary.sealed"]);
    for (args, code) in [
        (["seal", "text", "-o", "-"], 4),
        (["open", "binary.sealed", "-o", "-"], 4),
        (["open", "text.sealed", "-o", "-"], 0),
    ] {
        let (mut ours, theirs) = terminal();
        let mut command = world.command(&args);
        let child = command.stdout(theirs).stderr(Stdio::piped()).spawn().expect("it starts");
        let ended = child.wait_with_output().expect("it ends");
        drop(command);
        let said = String::from_utf8_lossy(&ended.stderr);
        assert_eq!(ended.status.code(), Some(code), "{args:?}: {said}");
        let mut shown = Vec::new();
        // A terminal whose other side is closed ends with an error, not with an end of file.
        let _ = ours.read_to_end(&mut shown);
        if code == 0 {
            assert_eq!(shown, b"plain words\r\n");
        } else {
            assert!(said.contains("E-TERMINAL"), "{said}");
            assert!(shown.is_empty(), "{shown:?}");
        }
    }
}

#[test]
fn a_passphrase_is_asked_for_and_not_shown() {
    let world = World::new();
    let (typed, secret) = ("four plain words\nfour plain words\n", "four plain words");
    let Some((code, shown)) = at_terminal(&world, "init", typed) else {
        return skip("the program script (util-linux) is missing");
    };
    assert_eq!(code, 0, "{shown}");
    assert!(shown.contains("New passphrase: "), "{shown}");
    assert!(!shown.contains(secret), "{shown}");
    let (code, shown) = at_terminal(&world, "key list", "four plain words\n").expect("as before");
    assert_eq!(code, 0, "{shown}");
    let (code, shown) = at_terminal(&world, "key list", "other words\n").expect("as before");
    assert_eq!(code, 21, "{shown}");
}

#[test]
fn two_different_new_passphrases_are_refused() {
    let world = World::new();
    let Some((code, shown)) = at_terminal(&world, "init", "one\ntwo\n") else {
        return skip("the program script (util-linux) is missing");
    };
    assert_eq!(code, 2, "{shown}");
    assert!(shown.contains("E-PASSPHRASES-DIFFER"), "{shown}");
    assert!(!world.path("keys").exists());
}

#[test]
fn without_a_terminal_a_missing_passphrase_is_an_error_not_a_wait() {
    let world = World::new();
    let mut command = Command::new("setsid");
    world.prepare(&mut command);
    command
        .arg("--wait")
        .arg(env!("CARGO_BIN_EXE_sealkeep"))
        .arg("init")
        .env_remove("SEALKEEP_KEY_FILE");
    let Ok(ended) = command.output() else {
        return skip("the program setsid (util-linux) is missing");
    };
    assert_eq!(ended.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&ended.stderr).contains("E-NO-PASSPHRASE"));
}

#[test]
fn nothing_is_wiped_before_the_word_is_typed() {
    let world = World::new();
    world.write("old", "patient 0042");
    let Some((code, shown)) = at_terminal(&world, "wipe old", "yes\n") else {
        return skip("the program script (util-linux) is missing");
    };
    assert_eq!(code, 4, "{shown}");
    assert!(shown.contains("E-NOT-CONFIRMED") && shown.contains("Passes (1): random"), "{shown}");
    assert_eq!(std::fs::read(world.path("old")).expect("it is there"), b"patient 0042");
    let (code, shown) = at_terminal(&world, "wipe old", "wipe\n").expect("as before");
    assert!(matches!(code, 0 | 40), "{code}: {shown}");
    assert!(!world.path("old").exists());
}

#[test]
fn without_a_terminal_nothing_is_wiped_unless_told() {
    let world = World::new();
    world.write("old", "patient 0042");
    let done = world.run(&["wipe", "old", "--json"]);
    assert_eq!(done.code, 4, "{}", done.stdout);
    assert!(done.stdout.contains("E-NOT-CONFIRMED"), "{}", done.stdout);
    assert!(world.path("old").exists());
}

/// Whoever gives no options is asked, and may have a long number in Chinese.
#[test]
fn a_request_is_asked_for_at_a_terminal() {
    let office = Office::new();
    let number = "销".repeat(40);
    let by = |id: &str, command: &str| {
        let with = "--key-file admin.key --officer-passphrase-file pass";
        format!("{with} --officer-key {id}.pem destroy {command}")
    };
    let typed = format!("patient/0042\n{number}\n3\ntrial over\n\nradiology\n{number}\n");
    let Some((code, shown)) = at_terminal(&office.world, &by("wang", "request"), &typed) else {
        return skip("the program script (util-linux) is missing");
    };
    assert_eq!(code, 0, "{shown}");
    assert!(shown.contains("[2026-001]") || shown.contains("-001]"), "{shown}");
    let typed = format!("1\nyes\nagreed\n{number}\n");
    let (code, shown) = at_terminal(&office.world, &by("li", "next"), &typed).expect("as before");
    assert_eq!(code, 0, "{shown}");
    assert!(shown.contains("Approved: request"), "{shown}");
    let (code, shown) = at_terminal(&office.world, &by("sun", "next"), "").expect("as before");
    assert!(code == 0 && shown.contains("Nothing is waiting for you."), "{shown}");
    let told = office.world.run(&["destroy", "request", "--scope", "patient/0042"]);
    assert_eq!(told.code, 2);
    assert!(
        told.stderr.contains("--number") && told.stderr.contains("--trigger"),
        "{}",
        told.stderr
    );
}

const QUESTIONS: [&str; 14] = [
    "Passphrase of the key store: ",
    "New passphrase: ",
    "The same again: ",
    "This cannot be undone. Type \"wipe\" to go on: ",
    "(empty: none): ",
    "A person, by pseudonym: ",
    "Number of the request [",
    "What makes it due: ",
    "Reason: ",
    "that it rests on (may be empty): ",
    "Department (may be empty): ",
    "Do you approve (yes/no): ",
    "Your opinion (may be empty): ",
    "Type the number of the request to sign",
];

/// Runs a command at a terminal of its own where `typed` is typed, without a key file. Each line is
/// typed after the question that it answers was shown.
fn at_terminal(world: &World, args: &str, typed: &str) -> Option<(i32, String)> {
    let program = env!("CARGO_BIN_EXE_sealkeep");
    let mut command = Command::new("script");
    world.prepare(&mut command);
    command
        .args(["--quiet", "--return", "--command", &format!("{program} {args}"), "/dev/null"])
        .env_remove("SEALKEEP_KEY_FILE")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    let mut child = command.spawn().ok()?;
    let mut keyboard = child.stdin.take().expect("it is piped");
    let mut screen = child.stdout.take().expect("it is piped");
    let (mut shown, mut buffer) = (Vec::new(), [0; 1024]);
    let mut lines = typed.split_inclusive('\n');
    let mut asked = 0;
    loop {
        let read = screen.read(&mut buffer).expect("the screen can be read");
        if read == 0 {
            break;
        }
        shown.extend_from_slice(&buffer[..read]);
        let text = String::from_utf8_lossy(&shown).into_owned();
        let questions: usize =
            QUESTIONS.iter().map(|question| text.matches(question).count()).sum();
        if questions > asked {
            asked = questions;
            if let Some(line) = lines.next() {
                keyboard.write_all(line.as_bytes()).expect("it can be typed");
            }
        }
    }
    drop(keyboard);
    let ended = child.wait().expect("it ends");
    Some((ended.code().unwrap_or(-1), String::from_utf8_lossy(&shown).into_owned()))
}
