//! Targets of which the same was found, and what that allows.

use sealkeep_medium::finding::{Code, Effect, Finding, Reach};
use sealkeep_medium::place::Place;
use serde::Serialize;

use super::options::{Require, WipeOptions};
use super::plan::Kind;

/// Targets of which the same was found.
#[derive(Clone, Debug, Serialize)]
pub struct Class {
    /// The file system or device, as an index into the places of the report.
    pub place: usize,
    /// What they are.
    pub kind: Kind,
    /// What was found about the targets themselves.
    pub findings: Vec<Finding>,
    /// What an overwrite can achieve for them.
    pub reach: Reach,
    /// Whether they are not touched.
    pub refused: bool,
    /// How many there are.
    pub targets: u64,
    /// Their content in bytes.
    pub bytes: u64,
}

impl Class {
    pub(super) fn new(
        number: usize,
        kind: Kind,
        findings: Vec<Finding>,
        place: &Place,
        options: &WipeOptions,
    ) -> Self {
        let all = || findings.iter().chain(&place.findings);
        // Names hold no content: only what cannot be changed at all stops them.
        let reach = if kind.has_content() { Reach::of(all()) } else { Reach::InPlace };
        let short = match options.require {
            Require::Nothing => false,
            Require::BestEffort => reach == Reach::Impossible,
            Require::InPlace => reach != Reach::InPlace,
        };
        let refused = short || all().any(|finding| finding.effect == Effect::Refuse);
        Self { place: number, kind, findings, reach, refused, targets: 0, bytes: 0 }
    }
}

/// What the options make of a finding.
pub(super) fn accept(finding: &Finding, options: &WipeOptions) -> Finding {
    let effect = match finding.code {
        Code::HardLinks if options.hard_links => Effect::Note,
        Code::Partitions if options.whole => Effect::Note,
        Code::InUse if options.in_use => Effect::BestEffort,
        _ => finding.effect,
    };
    Finding { effect: effect.min(finding.effect), ..finding.clone() }
}
