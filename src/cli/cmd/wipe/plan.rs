//! What will be done, shown before it is done.

use sealkeep::wipe::{Class, Technique, WipePlan};
use sealkeep_medium::finding::{Finding, Reach};
use sealkeep_medium::place::Place;
use serde_json::{Value, json};

use super::{failure, finding};
use crate::cli::Context;
use crate::cli::cmd;
use crate::cli::exit::{Code, Exit};
use crate::cli::failure::Failure;
use crate::cli::messages::Messages;

/// Shows targets, bytes, passes and what can be claimed.
pub(in crate::cli::cmd) fn show(plan: &WipePlan, context: &Context) -> Result<(), Failure> {
    show_classes(plan, context)?;
    let passes: Vec<String> = plan.passes().iter().map(ToString::to_string).collect();
    let (count, list) = (passes.len(), passes.join(" "));
    context.output.say("wipe-passes", &[("count", &count), ("passes", &list)])
}

/// Shows a drive that is to erase itself, and how.
pub(super) fn show_sanitize(
    plan: &WipePlan,
    technique: Technique,
    context: &Context,
) -> Result<(), Failure> {
    show_classes(plan, context)?;
    let text = context.output.messages().attribute("wipe-technique", technique.name(), &[]);
    context.output.say("wipe-sanitize", &[("text", &text.unwrap_or_default())])
}

fn show_classes(plan: &WipePlan, context: &Context) -> Result<(), Failure> {
    let messages = context.output.messages();
    for class in plan.classes().iter().filter(|class| class.targets > 0) {
        let place = &plan.places()[class.place];
        let (count, bytes) = (class.targets, class.bytes.to_string());
        let (kind, lies) = (kind(class, messages), where_it_lies(place));
        let args: crate::cli::messages::Args<'_> =
            &[("count", &count), ("kind", &kind), ("bytes", &bytes), ("place", &lies)];
        let key = if class.kind.has_content() { "wipe-class" } else { "wipe-class-names" };
        context.output.say(key, args)?;
        if class.kind.has_content() {
            let text = finding::reach(class.reach, messages);
            context.output.say("wipe-claim", &[("text", &text)])?;
        }
        if class.refused {
            context.output.say("wipe-class-refused", &[])?;
        }
        for one in findings(class, place) {
            let (effect, text) = (finding::effect(one, messages), finding::words(one, messages));
            context.output.say("wipe-found", &[("effect", &effect), ("text", &text)])?;
        }
    }
    Ok(())
}

/// Names that targets have elsewhere, and what could not be looked at.
pub(super) fn warn(plan: &WipePlan, context: &Context) {
    let names = plan.other_names();
    for path in names.paths.iter().take(SHOWN) {
        let path = path.display().to_string();
        context.output.warn("W-OTHER-NAME", "warn-other-name", &[("path", &path)]);
    }
    let more = names.missing + names.paths.len().saturating_sub(SHOWN) as u64;
    if more > 0 {
        context.output.warn("W-OTHER-NAMES", "warn-other-names", &[("count", &more)]);
    }
    if !plan.sees_all_users() {
        context.output.warn("W-UNSEEN-USERS", "warn-unseen-users", &[]);
    }
}

/// Other names shown, at most.
const SHOWN: usize = 20;

/// What a plan that is not carried out ends with.
pub(super) fn dry_run(plan: &WipePlan, context: &Context) -> Result<Exit, Failure> {
    context.output.document("sealkeep.wipe-plan/1", document(plan, context))?;
    end(plan, context)
}

/// The survey by itself.
pub(super) fn survey(plan: &WipePlan, context: &Context) -> Result<Exit, Failure> {
    show_classes(plan, context)?;
    context.output.document("sealkeep.wipe-survey/1", document(plan, context))?;
    end(plan, context)
}

/// The weakest claim gives the exit code, as it would be after the wipe if all goes well.
pub(in crate::cli::cmd) fn end(plan: &WipePlan, context: &Context) -> Result<Exit, Failure> {
    let failures: Vec<Failure> =
        plan.problems().iter().map(|problem| failure(problem, context)).collect();
    let (refused, going): (Vec<&Class>, Vec<&Class>) =
        plan.classes().iter().filter(|class| class.targets > 0).partition(|class| class.refused);
    if !failures.is_empty() {
        return cmd::end(context, failures, going.len());
    }
    Ok(match (refused.is_empty(), going.is_empty()) {
        (false, true) => Code::WipeRefused.exit(),
        (false, false) => Exit::Partial,
        _ if going.iter().any(|class| class.reach != Reach::InPlace) => Exit::BestEffort,
        _ => Exit::Ok,
    })
}

/// The plan as a document.
pub(in crate::cli::cmd) fn document(plan: &WipePlan, context: &Context) -> Value {
    let messages = context.output.messages();
    let targets = plan.targets().map(|(path, kind, size, class)| {
        let class = &plan.classes()[class];
        let place = &plan.places()[class.place];
        json!({
            "path": path.display().to_string(),
            "kind": kind,
            "bytes": size,
            "reach": class.reach,
            "refused": class.refused,
            "place": class.place,
            "findings": findings_json(class, place, messages),
        })
    });
    let problems = plan
        .problems()
        .iter()
        .map(|problem| context.output.failure_json(&failure(problem, context)));
    json!({
        "targets": targets.collect::<Vec<_>>(),
        "places": plan.places().iter().map(|place| &**place).collect::<Vec<_>>(),
        "passes": plan.passes(),
        "work_bytes": plan.work_bytes(),
        "problems": problems.collect::<Vec<_>>(),
    })
}

/// What was found about the targets of a class and what lies under them; of names only what concerns names.
pub(in crate::cli::cmd) fn findings<'f>(
    class: &'f Class,
    place: &'f Place,
) -> impl Iterator<Item = &'f Finding> {
    let under = class.kind.has_content().then_some(&place.findings);
    class.findings.iter().chain(under.into_iter().flatten())
}

/// The same for a document.
pub(in crate::cli::cmd) fn findings_json(
    class: &Class,
    place: &Place,
    messages: &Messages,
) -> Vec<Value> {
    findings(class, place).map(|one| finding::fields(one, messages)).collect()
}

fn kind(class: &Class, messages: &Messages) -> String {
    let name = class.kind.name();
    messages.attribute("wipe-kind", name, &[]).unwrap_or_default()
}

/// The file system and the device under it, e.g. `/data (ext4, /dev/sda1)`.
pub(in crate::cli::cmd) fn where_it_lies(place: &Place) -> String {
    match &place.mount {
        Some(mount) => {
            format!("{} ({}, {})", mount.point.display(), mount.file_system, mount.source)
        }
        None => place.layers.first().map_or_else(String::new, |layer| layer.name.clone()),
    }
}
