//! What the program can end with: exit codes for scripts, error codes for people and log searches.
//!
//! Both are promises. Numbers and names below are never reused or renumbered; new ones are added.
//! `docs/exit-codes.md` is written from these two tables and a test compares them.

use std::process::ExitCode;

macro_rules! exits {
    ($($(#[$meta:meta])* $name:ident = $number:literal, $word:literal;)*) => {
        /// The number the process ends with.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Exit { $($(#[$meta])* $name = $number,)* }

        impl Exit {
            /// Every exit code, in ascending order.
            #[cfg(test)]
            pub(crate) const ALL: &[Exit] = &[$(Exit::$name,)*];

            /// The short name used in `docs/exit-codes.md`.
            #[cfg(test)]
            pub(crate) fn word(self) -> &'static str {
                match self { $(Exit::$name => $word,)* }
            }
        }
    };
}

exits! {
    /// Everything that was asked for was done.
    Ok = 0, "ok";
    /// Something outside the other classes went wrong.
    Failure = 1, "failure";
    /// The command line, an environment variable or the configuration file makes no sense.
    Usage = 2, "usage";
    /// Some of the files failed; the others are done.
    Partial = 3, "partial";
    /// The program refused to do something harmful.
    Refused = 4, "refused";
    /// A file that was named does not exist.
    NotFound = 5, "not-found";
    /// The operating system does not allow it.
    Permission = 6, "permission";
    /// The disk is full.
    NoSpace = 7, "no-space";
    /// The input is not a sealed file that this version knows.
    NotSealed = 10, "not-sealed";
    /// The sealed file was changed or cut.
    Damaged = 11, "damaged";
    /// The key in the key store does not fit this file, or its header was changed.
    WrongKey = 12, "wrong-key";
    /// A certificate does not hold, or is not one.
    CertificateInvalid = 13, "certificate-invalid";
    /// There is no key store where one was expected.
    StoreMissing = 20, "store-missing";
    /// The passphrase, key file or shares do not open the key store.
    Locked = 21, "locked";
    /// Another process is using the key store.
    Busy = 22, "busy";
    /// The key store is damaged, or older than its root cell.
    StoreDamaged = 23, "store-damaged";
    /// A copy of the key store could not be brought up to date and the policy says to refuse.
    Copies = 24, "copies";
    /// There is no vault where one was expected.
    VaultMissing = 25, "vault-missing";
    /// The vault is damaged, or something of it is missing.
    VaultDamaged = 26, "vault-damaged";
    /// Another process works on the vault.
    VaultBusy = 27, "vault-busy";
    /// The key is not of this key store.
    KeyUnknown = 30, "key-unknown";
    /// The key was destroyed.
    KeyDestroyed = 31, "key-destroyed";
    /// The key is under hold.
    KeyHeld = 32, "key-held";
    /// The key should be in the key store and is not.
    KeyLost = 33, "key-lost";
    /// The key is in a state that does not allow this use.
    KeyUnusable = 34, "key-unusable";
    /// Everything was overwritten; of some of it, nobody can tell whether nothing is left.
    BestEffort = 40, "best-effort";
    /// Everything else is done; the keys of some objects were destroyed, as they were meant to be.
    DestroyedObjects = 41, "destroyed-objects";
    /// `status` found something that should have been done by now.
    Overdue = 42, "overdue";
    /// An alarm was raised that somebody must look at: very many keys were opened, or one that is to be destroyed was
    /// asked for. Whatever else the command was to do is done, or was refused as it tells.
    Alarm = 43, "alarm";
    /// The keys are gone; something that was to be overwritten was not.
    DestroyPartial = 44, "destroy-partial";
    /// An inspection found something that opens, or was refused for another reason than its destruction.
    InspectionFailed = 45, "inspection-failed";
    /// Stopped by SIGHUP.
    Hangup = 129, "hangup";
    /// Stopped by SIGINT (Ctrl-C).
    Interrupted = 130, "interrupted";
    /// The reader of our output went away.
    PipeClosed = 141, "pipe-closed";
    /// Stopped by SIGTERM.
    Terminated = 143, "terminated";
}

impl Exit {
    /// This, or that of an alarm; whoever stopped the program hears of that first.
    pub(crate) fn or_alarm(self, alarm: bool) -> Self {
        let stopped = [Exit::Hangup, Exit::Interrupted, Exit::PipeClosed, Exit::Terminated];
        if alarm && !stopped.contains(&self) { Exit::Alarm } else { self }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(exit as u8)
    }
}

macro_rules! codes {
    ($($name:ident = $text:literal => $exit:ident;)*) => {
        /// A stable name for what went wrong, never translated. The catalogue has three texts for
        /// each: what happened, what it means (`.means`), what to do (`.todo`).
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Code { $($name,)* }

        impl Code {
            /// Every error code, in the order of the table.
            #[cfg(test)]
            pub(crate) const ALL: &[Code] = &[$(Code::$name,)*];

            /// The text shown in brackets after `error`, also the key of its messages.
            pub(crate) fn text(self) -> &'static str {
                match self { $(Code::$name => $text,)* }
            }

            /// The exit code that goes with it.
            pub(crate) fn exit(self) -> Exit {
                match self { $(Code::$name => Exit::$exit,)* }
            }
        }
    };
}

codes! {
    Io = "E-IO" => Failure;
    Unexpected = "E-UNEXPECTED" => Failure;
    Changed = "E-CHANGED" => Failure;
    Journal = "E-JOURNAL" => Failure;
    Usage = "E-USAGE" => Usage;
    Config = "E-CONFIG" => Usage;
    Scope = "E-SCOPE" => Usage;
    ScopeUnknown = "E-SCOPE-UNKNOWN" => NotFound;
    Pattern = "E-PATTERN" => Usage;
    Rules = "E-RULES" => Usage;
    Policy = "E-POLICY" => Usage;
    SnapshotUnknown = "E-SNAPSHOT-UNKNOWN" => NotFound;
    SnapshotAmbiguous = "E-SNAPSHOT-AMBIGUOUS" => Usage;
    Range = "E-RANGE" => Usage;
    Method = "E-METHOD" => Usage;
    NamedTwice = "E-NAMED-TWICE" => Usage;
    IsLink = "E-IS-LINK" => Usage;
    NotSeekable = "E-NOT-SEEKABLE" => Usage;
    KeyId = "E-KEY-ID" => Usage;
    NoPassphrase = "E-NO-PASSPHRASE" => Usage;
    PassphrasesDiffer = "E-PASSPHRASES-DIFFER" => Usage;
    PassphraseEmpty = "E-PASSPHRASE-EMPTY" => Usage;
    NoCustody = "E-NO-CUSTODY" => Usage;
    NotKeyFile = "E-NOT-KEY-FILE" => Usage;
    NoOfficerKey = "E-NO-OFFICER-KEY" => Usage;
    NotOfficerKey = "E-NOT-OFFICER-KEY" => Usage;
    OfficerLocked = "E-OFFICER-LOCKED" => Locked;
    OfficerList = "E-OFFICER-LIST" => Usage;
    OfficerUnknown = "E-OFFICER-UNKNOWN" => NotFound;
    BadPolicy = "E-BAD-POLICY" => Usage;
    Partial = "E-PARTIAL" => Partial;
    WipeFailed = "E-WIPE-FAILED" => Partial;
    NotInPlace = "E-NOT-IN-PLACE" => Partial;
    NotEmpty = "E-NOT-EMPTY" => Partial;
    Exists = "E-EXISTS" => Refused;
    OutputExists = "E-OUTPUT-EXISTS" => Refused;
    AlreadySealed = "E-ALREADY-SEALED" => Refused;
    Terminal = "E-TERMINAL" => Refused;
    OneOutput = "E-ONE-OUTPUT" => Usage;
    OutputInside = "E-OUTPUT-INSIDE" => Refused;
    Escapes = "E-ESCAPES" => Refused;
    MirrorTaken = "E-MIRROR-TAKEN" => Refused;
    NotRegular = "E-NOT-REGULAR" => Refused;
    TooLong = "E-TOO-LONG" => Refused;
    Transition = "E-KEY-TRANSITION" => Refused;
    StoreExists = "E-STORE-EXISTS" => Refused;
    WipeRefused = "E-WIPE-REFUSED" => Refused;
    NotConfirmed = "E-NOT-CONFIRMED" => Refused;
    NoSanitize = "E-NO-SANITIZE" => Refused;
    OtherTarget = "E-OTHER-TARGET" => Refused;
    JournalInside = "E-JOURNAL-INSIDE" => Refused;
    OtherMount = "E-OTHER-MOUNT" => Refused;
    NotWipeable = "E-NOT-WIPEABLE" => Refused;
    RetireUncopied = "E-RETIRE-UNCOPIED" => Refused;
    RetireKeys = "E-RETIRE-KEYS" => Refused;
    RetireLink = "E-RETIRE-LINK" => Refused;
    SourceChanged = "E-SOURCE-CHANGED" => Refused;
    Differs = "E-DIFFERS" => Refused;
    Kept = "E-KEPT" => Refused;
    NotFound = "E-NOT-FOUND" => NotFound;
    Missing = "E-MISSING" => NotFound;
    NothingToResume = "E-NOTHING-TO-RESUME" => NotFound;
    IsDirectory = "E-IS-DIRECTORY" => Usage;
    NotDirectory = "E-NOT-DIRECTORY" => Usage;
    Permission = "E-PERMISSION" => Permission;
    NoSpace = "E-NO-SPACE" => NoSpace;
    NotSealed = "E-NOT-SEALED" => NotSealed;
    NothingSealed = "E-NOTHING-SEALED" => NotSealed;
    Version = "E-VERSION" => NotSealed;
    Header = "E-HEADER" => Damaged;
    Damaged = "E-DAMAGED" => Damaged;
    Truncated = "E-TRUNCATED" => Damaged;
    WrongKey = "E-WRONG-KEY" => WrongKey;
    Certificate = "E-CERTIFICATE" => CertificateInvalid;
    OtherGenesis = "E-OTHER-GENESIS" => CertificateInvalid;
    StoreMissing = "E-STORE-MISSING" => StoreMissing;
    Locked = "E-LOCKED" => Locked;
    SharesRefused = "E-SHARES-REFUSED" => Locked;
    ForeignCell = "E-FOREIGN-CELL" => Locked;
    Busy = "E-BUSY" => Busy;
    WipeBusy = "E-WIPE-BUSY" => Busy;
    StoreDamaged = "E-STORE-DAMAGED" => StoreDamaged;
    StoreOld = "E-STORE-OLD" => StoreDamaged;
    NotErased = "E-NOT-ERASED" => StoreDamaged;
    CopyUnreachable = "E-COPY-UNREACHABLE" => Copies;
    CopyUnknown = "E-COPY-UNKNOWN" => NotFound;
    NotACopy = "E-NOT-A-COPY" => StoreMissing;
    CopyDamaged = "E-COPY-DAMAGED" => StoreDamaged;
    CopyOutdated = "E-COPY-OUTDATED" => StoreDamaged;
    VaultExists = "E-VAULT-EXISTS" => Refused;
    NoVault = "E-NO-VAULT" => VaultMissing;
    VaultMissing = "E-VAULT-MISSING" => VaultMissing;
    NotAVault = "E-NOT-A-VAULT" => VaultMissing;
    VaultDamaged = "E-VAULT-DAMAGED" => VaultDamaged;
    VaultBusy = "E-VAULT-BUSY" => VaultBusy;
    RestoreDamaged = "E-RESTORE-DAMAGED" => VaultDamaged;
    VaultCopyDamaged = "E-VAULT-COPY-DAMAGED" => VaultDamaged;
    VaultOld = "E-VAULT-OLD" => VaultDamaged;
    CopyEmpty = "E-COPY-EMPTY" => Refused;
    CopyInside = "E-COPY-INSIDE" => Refused;
    OtherVault = "E-OTHER-VAULT" => Refused;
    NotKept = "E-NOT-KEPT" => Failure;
    MediumUnknown = "E-MEDIUM-UNKNOWN" => NotFound;
    MediumKnown = "E-MEDIUM-KNOWN" => Refused;
    NotInSnapshot = "E-NOT-IN-SNAPSHOT" => NotFound;
    NotAFile = "E-NOT-A-FILE" => Refused;
    RestoreExists = "E-RESTORE-EXISTS" => Refused;
    DrillFailed = "E-DRILL-FAILED" => Partial;
    ObjectDestroyed = "E-OBJECT-DESTROYED" => Refused;
    BackupOwn = "E-BACKUP-OWN" => Refused;
    KeyUnknown = "E-KEY-UNKNOWN" => KeyUnknown;
    KeyDestroyed = "E-KEY-DESTROYED" => KeyDestroyed;
    KeyHeld = "E-KEY-HELD" => KeyHeld;
    KeyLost = "E-KEY-LOST" => KeyLost;
    KeyUnusable = "E-KEY-UNUSABLE" => KeyUnusable;
    EntryUnknown = "E-ENTRY-UNKNOWN" => NotFound;
    Ledger = "E-LEDGER" => StoreDamaged;
    Unrecorded = "E-UNRECORDED" => Failure;
    Alarm = "E-ALARM" => Alarm;
    DestroyPartial = "E-DESTROY-PARTIAL" => DestroyPartial;
    Inspection = "E-INSPECTION" => InspectionFailed;
    NoOfficers = "E-NO-OFFICERS" => Refused;
    NotAnOfficer = "E-NOT-AN-OFFICER" => Refused;
    Statement = "E-STATEMENT" => Refused;
    NotAStatement = "E-NOT-A-STATEMENT" => Usage;
    Packet = "E-PACKET" => Damaged;
    RequestUnknown = "E-REQUEST-UNKNOWN" => NotFound;
    RequestAmbiguous = "E-REQUEST-AMBIGUOUS" => Usage;
    HoldUnknown = "E-HOLD-UNKNOWN" => NotFound;
    GrantUnknown = "E-GRANT-UNKNOWN" => NotFound;
    MustBeKept = "E-MUST-BE-KEPT" => Refused;
    NothingFound = "E-NOTHING-FOUND" => NotFound;
    Inventory = "E-INVENTORY" => Refused;
    RequestFile = "E-REQUEST-FILE" => NotFound;
    Stale = "E-STALE" => Refused;
    NotExecuted = "E-NOT-EXECUTED" => Refused;
    NotCertified = "E-NOT-CERTIFIED" => Refused;
    Purpose = "E-PURPOSE" => Usage;
    Restricted = "E-RESTRICTED" => KeyUnusable;
    ScopePending = "E-SCOPE-PENDING" => KeyUnusable;
    Hangup = "E-HANGUP" => Hangup;
    Interrupted = "E-INTERRUPTED" => Interrupted;
    PipeClosed = "E-PIPE-CLOSED" => PipeClosed;
    Terminated = "E-TERMINATED" => Terminated;
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;
    use std::path::Path;

    use super::*;
    use crate::cli::messages::{Lang, Messages};

    /// The page that scripts are written from.
    fn page() -> String {
        let mut page = String::from(
            "# Exit codes and error codes\n\n\
             Both are stable: numbers and names are never reused or renumbered. This page is checked\n\
             against the tables in `src/cli/exit.rs` by a test; `SEALKEEP_BLESS=1 cargo test exit_codes`\n\
             writes it anew.\n\n\
             ## Exit codes\n\n| Exit code | Name | Error codes |\n| ---: | --- | --- |\n",
        );
        for exit in Exit::ALL {
            let codes: Vec<String> = Code::ALL
                .iter()
                .filter(|code| code.exit() == *exit)
                .map(|code| format!("`{}`", code.text()))
                .collect();
            writeln!(page, "| {} | {} | {} |", *exit as u8, exit.word(), codes.join(" "))
                .expect("strings take everything");
        }
        page.push_str("\nWhen a command works on many files and only some fail, it ends with 3 and its report\nnames each failure with its own error code. When nothing succeeded and all failed alike, it ends\nwith the exit code of that failure.\n\n## Error codes\n\n");
        let messages = [Messages::new(Lang::En), Messages::new(Lang::ZhCn)];
        for code in Code::ALL {
            let key = code.text();
            writeln!(page, "### {key}\n").expect("strings take everything");
            for messages in &messages {
                let subject = "…";
                let args: crate::cli::messages::Args<'_> = &[("subject", &subject)];
                let attribute = |name| messages.attribute(key, name, args).unwrap_or_default();
                writeln!(
                    page,
                    "- {}  \n  {}  \n  {}",
                    messages.text(key, args),
                    attribute("means"),
                    attribute("todo")
                )
                .expect("strings take everything");
            }
            page.push('\n');
        }
        page.truncate(page.trim_end().len());
        page.push('\n');
        page
    }

    #[test]
    fn exit_codes_are_documented() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/exit-codes.md");
        if std::env::var_os("SEALKEEP_BLESS").is_some() {
            std::fs::write(&path, page()).expect("the page can be written");
        }
        let written = std::fs::read_to_string(&path).expect("the page is there");
        assert_eq!(written, page(), "run with SEALKEEP_BLESS=1");
    }

    #[test]
    fn exit_codes_ascend_and_fit_a_byte() {
        let numbers: Vec<i32> = Exit::ALL.iter().map(|exit| *exit as i32).collect();
        assert!(numbers.is_sorted() && numbers.iter().all(|number| (0..256).contains(number)));
    }
}
