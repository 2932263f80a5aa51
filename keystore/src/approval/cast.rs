//! A cast of officers with keys, for tests: whoever needs statements gets them in one line.

use std::collections::BTreeMap;

use sealkeep_crypto::{Secret, SigningKey, Suite, VerifyingKey, hash};

use super::officer::{Officer, OfficerId, OfficerKey, Qualification, Role};
use super::policy::Policy;
use super::request::{Request, Summary, Trigger};
use super::statement::{
    Approve, Cancel, Execute, Genesis, Inspect, Reject, Resume, Withdraw, Witness,
};
use super::{Digest, Draft, Name, Said, Text};

/// Ten officers: `chen` and `zhao` have authority; `wang` applies, `li` heads the department, `zhang` is of the legal department and `liu`
/// of information security; `sun` executes, `zhou` and `wu` witness, `zheng` inspects.
#[derive(Debug)]
pub struct Cast {
    /// Id of the key store.
    pub store: [u8; 16],
    /// Its suite.
    pub suite: Suite,
    /// The policy that statements name.
    pub policy_text: String,
    members: BTreeMap<OfficerId, (Officer, SigningKey)>,
}

/// 2026-06-01 at UTC+8: when the cast's policy is in force. Ledgers of tests begin here.
pub const BEGIN: u64 = 1_780_243_200;

/// A policy under which nobody waits long: two seconds.
pub const QUICK_POLICY: &str = r#"version = 1
title = "For tests"
effective = 2026-01-01
review_by = 2027-01-01
statement_age = "366d"

[level.default]
wait = "2s"
"#;

impl Cast {
    /// The cast of a key store, under the default policy of 2026.
    #[must_use]
    pub fn new(store: [u8; 16], suite: Suite) -> Self {
        let policy_text = super::policy::default_text(jiff::civil::date(2026, 1, 1));
        let mut cast = Self { store, suite, policy_text, members: BTreeMap::new() };
        for (id, role) in MEMBERS {
            cast.insert(id, &[role]);
        }
        cast
    }

    /// The same cast under another policy.
    #[must_use]
    pub fn with_policy(mut self, text: &str) -> Self {
        text.clone_into(&mut self.policy_text);
        self
    }

    /// Adds somebody, whose key follows from the id. Whoever executes is qualified until the end of time.
    pub fn insert(&mut self, id: &str, roles: &[Role]) -> Officer {
        let key = Self::key_of(self.suite, id);
        let number = Name::try_from(format!("Q-{id}")).expect("a short name");
        let qualified = roles.contains(&Role::Executor);
        let officer = Officer {
            id: Self::id(id),
            name: Name::try_from(id).expect("a short name"),
            person: format!("p-{id}").parse().expect("a short name"),
            roles: roles.to_vec(),
            key: OfficerKey(key.verifying_key()),
            qualification: qualified.then_some(Qualification { number, until: 1 << 40 }),
        };
        self.members.insert(officer.id.clone(), (officer.clone(), key));
        officer
    }

    /// The key that follows from an id.
    #[must_use]
    pub fn key_of(suite: Suite, id: &str) -> SigningKey {
        let seed = hash(suite, &[b"cast", id.as_bytes()]);
        SigningKey::from_seed(suite, &Secret::init_with(|out| *out = seed))
    }

    /// An id.
    ///
    /// # Panics
    /// If it is none.
    #[must_use]
    pub fn id(id: &str) -> OfficerId {
        id.parse().expect("an officer's id")
    }

    /// A member of the cast.
    ///
    /// # Panics
    /// If nobody has this id.
    #[must_use]
    pub fn officer(&self, id: &str) -> &Officer {
        &self.members[&Self::id(id)].0
    }

    /// A member's key.
    ///
    /// # Panics
    /// If nobody has this id.
    #[must_use]
    pub fn key(&self, id: &str) -> &SigningKey {
        &self.members[&Self::id(id)].1
    }

    /// Digest of the policy.
    #[must_use]
    pub fn policy(&self) -> Digest {
        Policy::digest(self.suite, &self.policy_text)
    }

    /// The genesis, signed by `chen` and `zhao`.
    #[must_use]
    pub fn genesis(&self, time: u64, store_key: &VerifyingKey) -> Vec<u8> {
        let genesis = Genesis {
            key: OfficerKey(store_key.clone()),
            officers: self.members.values().map(|(officer, _)| officer.clone()).collect(),
            policy_text: self.policy_text.clone(),
        };
        self.sign(time, &["chen", "zhao"], genesis)
    }

    /// A statement that nobody has signed.
    #[must_use]
    pub fn draft(&self, time: u64, by: &[&str], said: impl Into<Said>) -> Draft {
        let said = said.into();
        let policy = (!matches!(said, Said::Genesis(_))).then(|| self.policy());
        let by = by.iter().map(|id| Self::id(id)).collect();
        Draft::new(self.store, time, policy, by, said)
    }

    /// A statement signed by these members of the cast.
    ///
    /// # Panics
    /// If it cannot be.
    #[must_use]
    pub fn sign(&self, time: u64, by: &[&str], said: impl Into<Said>) -> Vec<u8> {
        self.sign_draft(&self.draft(time, by, said))
    }

    /// The same for a draft that a test has changed.
    ///
    /// # Panics
    /// If it cannot be.
    #[must_use]
    pub fn sign_draft(&self, draft: &Draft) -> Vec<u8> {
        let keys = draft.by.iter().map(|id| (id, &self.members[id].1));
        draft.sign(&keys.collect::<Vec<_>>()).expect("a statement can be signed")
    }

    /// The digest of a statement.
    ///
    /// # Panics
    /// If it is none.
    #[must_use]
    pub fn digest(&self, statement: &[u8]) -> Digest {
        super::Statement::parse(self.suite, statement).expect("a statement").digest
    }

    /// What a request says, about this inventory.
    #[must_use]
    pub fn request(number: &str, level: u8, inventory: Summary) -> Request {
        let text = |text: &str| Text::try_from(text).expect("a short text");
        Request {
            number: number.try_into().expect("a short name"),
            trigger: Trigger::RetentionExpired,
            reason: text("the retention period is over"),
            basis: text("policy"),
            owner: text("radiology"),
            department: text("radiology"),
            level,
            remark: text(""),
            inventory,
            copies: Vec::new(),
            residual: Vec::new(),
            not_covered: Vec::new(),
        }
    }
}

/// What is said about a request, with nothing more than has to be said.
impl Cast {
    /// An approval.
    #[must_use]
    pub fn approve(request: Digest, inventory: Digest, step: u32) -> Said {
        Approve { request, inventory, step, opinion: opinion() }.into()
    }

    /// A rejection.
    #[must_use]
    pub fn reject(request: Digest, inventory: Digest) -> Said {
        Reject { request, inventory, opinion: opinion() }.into()
    }

    /// A withdrawal.
    #[must_use]
    pub fn withdraw(request: Digest) -> Said {
        Withdraw { request, opinion: opinion() }.into()
    }

    /// A cancellation.
    #[must_use]
    pub fn cancel(request: Digest) -> Said {
        Cancel { request, opinion: opinion() }.into()
    }

    /// A decision to go on.
    #[must_use]
    pub fn resume(request: Digest) -> Said {
        Resume { request, opinion: opinion() }.into()
    }

    /// An order.
    #[must_use]
    pub fn execute(request: Digest, inventory: Digest) -> Said {
        Execute { request, inventory }.into()
    }

    /// A witness's word.
    #[must_use]
    pub fn witness(request: Digest, inventory: Digest, execution: Digest) -> Said {
        Witness { request, inventory, execution, opinion: opinion() }.into()
    }

    /// An inspector's word.
    #[must_use]
    pub fn inspect(
        request: Digest,
        inventory: Digest,
        execution: Digest,
        report: Digest,
        passed: bool,
    ) -> Said {
        Inspect { request, inventory, execution, report, passed }.into()
    }
}

const MEMBERS: [(&str, Role); 10] = [
    ("chen", Role::Authority),
    ("zhao", Role::Authority),
    ("wang", Role::DataAdministrator),
    ("li", Role::DepartmentHead),
    ("zhang", Role::Legal),
    ("liu", Role::Security),
    ("sun", Role::Executor),
    ("zhou", Role::Witness),
    ("wu", Role::Witness),
    ("zheng", Role::Inspector),
];

fn opinion() -> Text {
    Text::try_from("seen").expect("a short text")
}
