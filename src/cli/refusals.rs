//! Why the register refuses, in words.

use sealkeep_keystore::approval::register::Refusal;

use crate::cli::messages::Messages;

/// The reason in the reader's language; its code, if this version has no words for it.
pub(crate) fn text(refusal: &Refusal, messages: &Messages) -> String {
    let code = refusal.code();
    let key = KEYS.iter().find(|key| key.strip_prefix("refused-") == Some(code));
    key.map_or_else(|| code.to_owned(), |key| messages.text(key, &[]))
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
