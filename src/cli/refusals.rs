//! Why the register refuses, and what is wrong with a policy, in words.

use sealkeep_keystore::approval::policy::{Problem, What};
use sealkeep_keystore::approval::register::Refusal;

use crate::cli::messages::{Args, Messages};

/// The reason in the reader's language; its code, if this version has no words for it.
pub(crate) fn text(refusal: &Refusal, messages: &Messages) -> String {
    let code = refusal.code();
    let key = KEYS.iter().find(|key| key.strip_prefix("refused-") == Some(code));
    let (mut who, mut roles) = (String::new(), Vec::new());
    if let Refusal::Role { officer, roles: wanted } = refusal {
        who = officer.to_string();
        roles = wanted.iter().map(|role| messages.word("word-role", role.name())).collect();
    }
    let args: Args<'_> = &[("officer", &who), ("roles", &roles.join(", "))];
    key.map_or_else(|| code.to_owned(), |key| messages.text(key, args))
}

/// What is wrong with a policy, and where.
pub(crate) fn problem(problem: &Problem, messages: &Messages) -> String {
    let code = problem.what.code();
    let key = PROBLEMS.iter().find(|key| key.strip_prefix("policy-problem-") == Some(code));
    let (mut message, mut bounds, mut role) = ("", ("", ""), "");
    match &problem.what {
        What::Syntax { message: told } => message = told,
        What::Bounds { least, most } => bounds = (least, most),
        What::RoleTwice { role: twice } => role = twice.name(),
        _ => {}
    }
    let args: Args<'_> =
        &[("message", &message), ("least", &bounds.0), ("most", &bounds.1), ("role", &role)];
    let text = key.map_or_else(|| code.to_owned(), |key| messages.text(key, args));
    if problem.at.is_empty() { text } else { format!("{}: {text}", problem.at) }
}

const KEYS: &[&str] = &[
    "refused-entry-order",
    "refused-no-genesis",
    "refused-second-genesis",
    "refused-foreign-store",
    "refused-duplicate",
    "refused-signed-in-future",
    "refused-signed-too-long-ago",
    "refused-other-policy",
    "refused-policy-unreviewed",
    "refused-unknown-officer",
    "refused-officer-not-active",
    "refused-signature-missing",
    "refused-signature-invalid",
    "refused-persons",
    "refused-role",
    "refused-same-person",
    "refused-officer-invalid",
    "refused-id-used",
    "refused-key-used",
    "refused-person-enrolled",
    "refused-replaces",
    "refused-officer-state",
    "refused-authority",
    "refused-policy-invalid",
    "refused-policy-version",
    "refused-policy-not-effective",
    "refused-request-invalid",
    "refused-number-used",
    "refused-unknown-request",
    "refused-request-state",
    "refused-other-inventory",
    "refused-step",
    "refused-not-yours",
    "refused-held",
    "refused-destruction-begun",
    "refused-waiting",
    "refused-expired",
    "refused-not-expired",
    "refused-paused",
    "refused-not-paused",
    "refused-clock-in-doubt",
    "refused-clock-not-in-doubt",
    "refused-unqualified",
    "refused-other-execution",
    "refused-no-order",
    "refused-unknown-hold",
    "refused-released",
    "refused-targets",
    "refused-until",
    "refused-unknown-grant",
    "refused-justified",
];

const PROBLEMS: &[&str] = &[
    "policy-problem-too-long",
    "policy-problem-syntax",
    "policy-problem-title",
    "policy-problem-day",
    "policy-problem-review",
    "policy-problem-late-review",
    "policy-problem-bounds",
    "policy-problem-no-role",
    "policy-problem-role-twice",
    "policy-problem-executor-inspects",
    "policy-problem-method",
    "policy-problem-never-executed",
    "policy-problem-no-wait",
    "policy-problem-few-approvals",
    "policy-problem-few-witnesses",
    "policy-problem-no-inspection",
    "policy-problem-unqualified",
    "policy-problem-lone-release",
    "policy-problem-no-alarm",
];
