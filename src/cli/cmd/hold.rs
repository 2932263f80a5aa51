//! `hold`: kept from everybody, by signed statements (PIPL art. 47).

use std::collections::HashSet;

use sealkeep_keystore::KeyId;
use sealkeep_keystore::approval::register::HoldRecord;
use sealkeep_keystore::approval::statement::{Hold, HoldReason, HoldReview, Release};
use sealkeep_keystore::approval::{Digest, OfficerId, Register, Text};
use serde_json::{Value, json};

use crate::cli::args::{HoldCommand, HoldPlace, HoldReasonArg, HoldRelease, HoldReview as Review};
use crate::cli::cmd::destroy::{Desk, short, text};
use crate::cli::exit::{Code, Exit};
use crate::cli::failure::Failure;
use crate::cli::sign::Signer;
use crate::cli::{Context, cmd, time};

pub(crate) fn run(command: HoldCommand, context: &Context) -> Result<Exit, Failure> {
    match command {
        HoldCommand::Place(args) => place(&args, context),
        HoldCommand::Review(args) => review(&args, context),
        HoldCommand::Release(args) => release(&args, context),
        HoldCommand::List => list(context),
    }
}

fn place(args: &HoldPlace, context: &Context) -> Result<Exit, Failure> {
    let desk = Desk::without_vault(context)?;
    let register = desk.register(context)?;
    let mut targets = scopes(&args.scope, &desk, context)?;
    let scopes = targets.len();
    for id in &args.key {
        targets.push(id.parse().map_err(|_| Failure::new(Code::KeyId, id))?);
    }
    let keys = targets.len() - scopes;
    let basis: Text = text("--basis", &args.basis)?;
    let review = after_days(args.review_days);
    let signer = Signer::of(&register, context)?;
    let mut holds = Vec::new();
    for (number, some) in targets.chunks(MOST_TARGETS).enumerate() {
        let (targets, reason, basis) = (some.to_vec(), args.reason.into(), basis.clone());
        let signed = signer.say(&register, Hold { targets, reason, basis, review })?;
        let hold = desk.submit(&signed, None, context)?.digest;
        // Told one by one: those before stand even if the next is refused.
        let in_it = scopes.saturating_sub(number * MOST_TARGETS).min(some.len());
        let said: crate::cli::messages::Args<'_> =
            &[("hold", &short(&hold)), ("scopes", &in_it), ("keys", &(some.len() - in_it))];
        context.output.say("hold-placed", said)?;
        holds.push(hold);
    }
    let fields = json!({ "holds": holds, "scopes": scopes, "keys": keys });
    context.output.document("sealkeep.hold-place/1", fields)?;
    Ok(Exit::Ok)
}

/// The ids of these scopes and of all below them, each once.
///
/// # Errors
/// `E-SCOPE-UNKNOWN`.
pub(super) fn scopes(
    names: &[String],
    desk: &Desk,
    context: &Context,
) -> Result<Vec<KeyId>, Failure> {
    let (mut found, mut seen) = (Vec::new(), HashSet::new());
    for name in names {
        let ids = desk.ask(context, |store| store.scope_ids(name))?;
        found.extend(ids.into_iter().filter(|id| seen.insert(*id)));
    }
    Ok(found)
}

fn review(args: &Review, context: &Context) -> Result<Exit, Failure> {
    let desk = Desk::without_vault(context)?;
    let register = desk.register(context)?;
    let hold = find(&register, &args.hold)?.digest;
    let review = after_days(args.review_days);
    let said = HoldReview { hold, review, opinion: text("--opinion", &args.opinion)? };
    let signed = Signer::of(&register, context)?.say(&register, said)?;
    desk.submit(&signed, None, context)?;
    context.output.say("hold-reviewed", &[("hold", &short(&hold)), ("review", &time(review))])?;
    let fields = json!({ "hold": hold.to_string(), "review": review });
    context.output.document("sealkeep.hold-review/1", fields)?;
    Ok(Exit::Ok)
}

fn release(args: &HoldRelease, context: &Context) -> Result<Exit, Failure> {
    let desk = Desk::without_vault(context)?;
    let register = desk.register(context)?;
    let hold = find(&register, &args.hold)?.digest;
    let parse = |id: &String| id.parse().map_err(|_| Failure::new(Code::NotAnOfficer, id));
    let others = args.with.iter().map(parse).collect::<Result<Vec<OfficerId>, _>>()?;
    let said = Release { hold, opinion: text("--opinion", &args.opinion)? };
    let signed = Signer::of(&register, context)?.say_with(&register, &others, said)?;
    cmd::destroy::write_new(&args.out, &signed)?;
    let path = args.out.display().to_string();
    context.output.say("hold-release-begun", &[("path", &path)])?;
    let fields = json!({ "hold": hold.to_string(), "out": path });
    context.output.document("sealkeep.hold-release/1", fields)?;
    Ok(Exit::Ok)
}

fn list(context: &Context) -> Result<Exit, Failure> {
    let desk = Desk::without_vault(context)?;
    let register = desk.register(context)?;
    let now = cmd::now();
    let standing: Vec<&HoldRecord> = register.standing_holds().collect();
    for record in &standing {
        let key = if record.review <= now { "hold-row-due" } else { "hold-row" };
        let args: crate::cli::messages::Args<'_> = &[
            ("hold", &short(&record.digest)),
            ("targets", &record.ids().count()),
            ("basis", &record.hold.basis.to_string()),
            ("review", &time(record.review)),
        ];
        context.output.say(key, args)?;
    }
    if standing.is_empty() {
        context.output.say("hold-none", &[])?;
    }
    let due = standing.iter().any(|record| record.review <= now);
    let rows: Vec<Value> = standing.iter().map(|record| fields(record, now)).collect();
    context.output.document("sealkeep.hold-list/1", json!({ "holds": rows }))?;
    Ok(if due { Exit::Overdue } else { Exit::Ok })
}

fn fields(record: &HoldRecord, now: u64) -> Value {
    json!({
        "hold": record.digest.to_string(),
        "targets": record.hold.targets,
        "heirs": record.heirs,
        "reason": record.hold.reason,
        "basis": record.hold.basis,
        "review": record.review,
        "due": record.review <= now,
    })
}

fn find<'r>(register: &'r Register, name: &str) -> Result<&'r HoldRecord, Failure> {
    let starts = |record: &&HoldRecord| starts_with(&record.digest, name);
    let mut found = register.holds().filter(starts);
    match (found.next(), found.next()) {
        (Some(record), None) => Ok(record),
        _ => Err(Failure::new(Code::HoldUnknown, name)),
    }
}

/// Whether a digest begins with what was typed.
pub(super) fn starts_with(digest: &Digest, typed: &str) -> bool {
    typed.len() >= 4 && digest.to_string().starts_with(typed)
}

/// So many days from now, Unix seconds.
fn after_days(days: u32) -> u64 {
    cmd::now() + u64::from(days) * 86_400
}

impl From<HoldReasonArg> for HoldReason {
    fn from(reason: HoldReasonArg) -> Self {
        match reason {
            HoldReasonArg::StatutoryRetention => Self::StatutoryRetention,
            HoldReasonArg::TechnicallyHard => Self::TechnicallyHard,
            HoldReasonArg::LegalProceedings => Self::LegalProceedings,
            HoldReasonArg::Other => Self::Other,
        }
    }
}

/// A statement has room for so many ids; what is more goes into another hold.
pub(super) const MOST_TARGETS: usize = 800;
