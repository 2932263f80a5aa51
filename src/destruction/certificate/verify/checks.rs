//! The list of checks, and what came of each.

/// One check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// Which.
    pub name: CheckName,
    outcome: Outcome,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Outcome {
    NotMade,
    Passed,
    Failed(String),
}

impl Check {
    /// Whether it was made, and passed.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.outcome == Outcome::Passed
    }

    /// Why it failed, if it did. A check that was not made, because what it needs was not there, neither passed nor failed.
    #[must_use]
    pub fn failed(&self) -> Option<&str> {
        match &self.outcome {
            Outcome::Failed(why) => Some(why),
            Outcome::NotMade | Outcome::Passed => None,
        }
    }
}

macro_rules! check_names {
    ($($(#[$meta:meta])* $name:ident = $word:literal;)*) => {
        /// The checks.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum CheckName { $($(#[$meta])* $name,)* }

        impl CheckName {
            /// Every check, in the order of reports.
            pub const ALL: &[CheckName] = &[$(CheckName::$name,)*];

            /// Its name in reports.
            #[must_use]
            pub fn word(self) -> &'static str {
                match self { $(CheckName::$name => $word,)* }
            }
        }
    };
}

check_names! {
    /// The file is in its one encoding.
    File = "file";
    /// The payload has the members of a certificate, and no others.
    Payload = "payload";
    /// The store signed it.
    Signature = "signature";
    /// The store signed the checkpoint.
    Checkpoint = "checkpoint";
    /// Every entry is in the tree of the checkpoint.
    Entries = "entries";
    /// The tlog-proof of the last entry holds.
    Proof = "proof";
    /// The rules accept every statement.
    Statements = "statements";
    /// Genesis and key of the store are those that the certificate names.
    Store = "store";
    /// The request is done.
    Request = "request";
    /// The list is the one in the request.
    Inventory = "inventory";
    /// The record of execution is the store's, of this request and this list.
    Execution = "execution";
    /// The wipe reports are those of the execution.
    WipeReports = "wipe-reports";
    /// The report of inspection is the one that was signed, and was passed.
    Inspection = "inspection";
    /// Checkpoints with cosignatures are of the same ledger.
    Cosigned = "cosigned";
    /// The claims are those that follow.
    Claims = "claims";
    /// So is what may be left, and what is not covered.
    Residual = "residual";
    /// The genesis statement is the one that was given.
    Trust = "trust";
}

/// The checks while they are being made.
pub(super) struct Checks(Vec<Check>);

impl Checks {
    /// None was made yet.
    pub(super) fn new() -> Self {
        let names = CheckName::ALL.iter();
        Self(names.map(|&name| Check { name, outcome: Outcome::NotMade }).collect())
    }

    /// Notes what came of a check, or of a part of one: a part that failed is not made good by another.
    pub(super) fn made<T>(&mut self, name: CheckName, result: Result<T, String>) -> Option<T> {
        let check = self.0.iter_mut().find(|check| check.name == name)?;
        match result {
            Ok(value) => {
                if check.outcome == Outcome::NotMade {
                    check.outcome = Outcome::Passed;
                }
                Some(value)
            }
            Err(why) => {
                if check.failed().is_none() {
                    check.outcome = Outcome::Failed(why);
                }
                None
            }
        }
    }

    pub(super) fn into_list(self) -> Vec<Check> {
        self.0
    }
}
