//! Findings in words: what lies there, and what it means for an overwrite.

use sealkeep_medium::finding::{Effect, Finding, Reach};
use serde_json::{Value, json};

use crate::cli::messages::Messages;

/// A finding in words an officer understands.
pub(in crate::cli::cmd) fn words(finding: &Finding, messages: &Messages) -> String {
    let text = messages.attribute("wipe-finding", finding.code.name(), &[]).unwrap_or_default();
    if finding.detail.is_empty() { text } else { format!("{text} ({})", finding.detail) }
}

/// What it does to the claim, in a word.
pub(super) fn effect(finding: &Finding, messages: &Messages) -> String {
    messages.attribute("wipe-effect", name(finding.effect), &[]).unwrap_or_default()
}

/// What an overwrite can achieve, in words.
pub(super) fn reach(reach: Reach, messages: &Messages) -> String {
    messages.attribute("wipe-reach", reach.name(), &[]).unwrap_or_default()
}

/// A finding as fields of a document.
pub(super) fn fields(finding: &Finding, messages: &Messages) -> Value {
    json!({
        "code": finding.code.name(),
        "effect": name(finding.effect),
        "detail": finding.detail,
        "text": words(finding, messages),
    })
}

fn name(effect: Effect) -> &'static str {
    match effect {
        Effect::Note => "note",
        Effect::BestEffort => "best-effort",
        Effect::Impossible => "impossible",
        Effect::Refuse => "refuse",
    }
}

#[cfg(test)]
mod tests {
    use sealkeep_medium::finding::Code;

    use super::*;
    use crate::cli::messages::Lang;

    #[test]
    fn every_finding_has_its_words() {
        for lang in Lang::ALL {
            let messages = Messages::new(lang);
            for code in Code::ALL {
                let finding = Finding::new(*code, Effect::Note, "");
                assert!(!words(&finding, &messages).is_empty(), "{lang:?}: {}", code.name());
            }
            for effect in [Effect::Note, Effect::BestEffort, Effect::Impossible, Effect::Refuse] {
                let finding = Finding::new(Code::Flash, effect, "");
                assert!(!super::effect(&finding, &messages).is_empty(), "{lang:?}: {effect:?}");
            }
            for one in [Reach::InPlace, Reach::BestEffort, Reach::Impossible] {
                assert!(!reach(one, &messages).is_empty(), "{lang:?}: {one:?}");
            }
        }
    }
}
