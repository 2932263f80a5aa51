//! `break-glass`: opening in an emergency, with an alarm, and explained afterwards.

use sealkeep_keystore::KeyId;
use sealkeep_keystore::approval::Text;
use sealkeep_keystore::approval::register::GrantRecord;
use sealkeep_keystore::approval::statement::{BreakGlass, Justify};
use serde_json::{Value, json};

use crate::cli::args::{BreakGlassBegin, BreakGlassCommand, BreakGlassJustify};
use crate::cli::cmd::destroy::{Desk, short, text};
use crate::cli::cmd::hold::{MOST_TARGETS, scopes, starts_with};
use crate::cli::exit::{Code, Exit};
use crate::cli::failure::Failure;
use crate::cli::sign::Signer;
use crate::cli::{Context, cmd, time};

pub(crate) fn run(command: BreakGlassCommand, context: &Context) -> Result<Exit, Failure> {
    match command {
        BreakGlassCommand::Begin(args) => begin(&args, context),
        BreakGlassCommand::Justify(args) => justify(&args, context),
        BreakGlassCommand::List => list(context),
    }
}

fn begin(args: &BreakGlassBegin, context: &Context) -> Result<Exit, Failure> {
    let desk = Desk::without_vault(context)?;
    let register = desk.register(context)?;
    let scopes = scopes(&args.scope, &desk, context)?;
    let until = cmd::now() + u64::from(args.hours) * 3600;
    let reason: Text = text("--reason", &args.reason)?;
    let signer = Signer::of(&register, context)?;
    let mut parts: Vec<Vec<KeyId>> = scopes.chunks(MOST_TARGETS).map(<[KeyId]>::to_vec).collect();
    if parts.is_empty() {
        // All scopes: a statement that names none.
        parts.push(Vec::new());
    }
    let mut grants = Vec::new();
    for scopes in parts {
        let said = BreakGlass { scopes, reason: reason.clone(), until };
        let accepted = desk.submit(&signer.say(&register, said)?, None, context)?;
        let after = desk.register(context)?;
        let due = after.grants().find(|one| one.digest == accepted.digest).map(|one| one.due);
        let due = due.unwrap_or(until);
        let arguments: crate::cli::messages::Args<'_> =
            &[("grant", &short(&accepted.digest)), ("until", &time(until)), ("due", &time(due))];
        context.output.say("break-glass-begun", arguments)?;
        grants.push(json!({ "grant": accepted.digest.to_string(), "due": due }));
    }
    let fields = json!({ "grants": grants, "until": until });
    context.output.document("sealkeep.break-glass-begin/1", fields)?;
    Ok(Exit::Ok)
}

fn justify(args: &BreakGlassJustify, context: &Context) -> Result<Exit, Failure> {
    let desk = Desk::without_vault(context)?;
    let register = desk.register(context)?;
    let mut found = register.grants().filter(|record| starts_with(&record.digest, &args.grant));
    let grant = match (found.next(), found.next()) {
        (Some(record), None) => record.digest,
        _ => return Err(Failure::new(Code::GrantUnknown, &args.grant)),
    };
    let said = Justify { grant, text: text("--text", &args.text)? };
    let signed = Signer::of(&register, context)?.say(&register, said)?;
    desk.submit(&signed, None, context)?;
    context.output.say("break-glass-justified", &[("grant", &short(&grant))])?;
    let fields = json!({ "grant": grant.to_string() });
    context.output.document("sealkeep.break-glass-justify/1", fields)?;
    Ok(Exit::Ok)
}

fn list(context: &Context) -> Result<Exit, Failure> {
    let desk = Desk::without_vault(context)?;
    let register = desk.register(context)?;
    let now = cmd::now();
    let grants: Vec<&GrantRecord> = register.grants().collect();
    for record in &grants {
        let key = match record.justified {
            Some(_) => "break-glass-row-justified",
            None if record.due < now => "break-glass-row-overdue",
            None => "break-glass-row",
        };
        let args: crate::cli::messages::Args<'_> = &[
            ("grant", &short(&record.digest)),
            ("by", &record.by.officer.to_string()),
            ("until", &time(record.until)),
            ("due", &time(record.due)),
            ("reason", &record.grant.reason.to_string()),
        ];
        context.output.say(key, args)?;
    }
    if grants.is_empty() {
        context.output.say("break-glass-none", &[])?;
    }
    let overdue = register.overdue_justifications(now).count() > 0;
    let rows: Vec<Value> = grants.iter().map(|record| fields(record)).collect();
    context.output.document("sealkeep.break-glass-list/1", json!({ "grants": rows }))?;
    Ok(if overdue { Exit::Overdue } else { Exit::Ok })
}

fn fields(record: &GrantRecord) -> Value {
    json!({
        "grant": record.digest.to_string(),
        "scopes": record.grant.scopes,
        "reason": record.grant.reason,
        "by": record.by,
        "until": record.until,
        "due": record.due,
        "justified": record.justified.map(|digest| digest.to_string()),
    })
}
