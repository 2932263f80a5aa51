//! `officer …`: who decides.

mod list;

use std::path::Path;

use jiff::civil::Date;
use sealkeep_crypto::{Secret, SigningKey, pkcs8};
use sealkeep_keystore::approval::statement::{
    Enroll, Genesis, Leaver, Qualify, Reinstate, Revoke, Suspend,
};
use sealkeep_keystore::approval::{
    Draft, Name, Officer, OfficerId, OfficerKey, Person, Qualification, Role, Said, Text, policy,
};
use serde::Deserialize;
use serde_json::json;
use toml::value::Datetime;

use crate::cli::args::{
    OfficerCommand, OfficerEnroll, OfficerInit, OfficerNew, OfficerQualify, Say,
};
use crate::cli::cmd::policy::{midnight, today};
use crate::cli::exit::{Code, Exit};
use crate::cli::failure::Failure;
use crate::cli::{Context, cmd, prompt, sign, speak, store};

pub(crate) fn run(command: OfficerCommand, context: &mut Context) -> Result<Exit, Failure> {
    match command {
        OfficerCommand::New(args) => new(&args, context),
        OfficerCommand::Init(args) => init(&args, context),
        OfficerCommand::Enroll(args) => enroll(&args, context),
        OfficerCommand::Qualify(args) => qualify(&args, context),
        OfficerCommand::Suspend(args) => {
            let reason = text(&args.reason)?;
            say(Suspend { officer: args.id, reason }, &[], &args.say, context)
        }
        OfficerCommand::Reinstate(args) => {
            let together = args.together;
            say(Reinstate { officer: args.id }, &together.with, &together.say, context)
        }
        OfficerCommand::Revoke(args) => {
            let reason = text(&args.reason)?;
            let said = Revoke { officer: args.id, reason, compromised: args.compromised };
            say(said, &[], &args.say, context)
        }
        OfficerCommand::Leaver(args) => {
            let left = args.left.map_or_else(cmd::now, midnight);
            let mut opened = store::open(context)?;
            list::warn_leftover(&args.id, &mut opened, context)?;
            let said = Leaver { officer: args.id, left };
            speak::speak(&mut opened, said, &[], &args.say, context)
        }
        OfficerCommand::List => list::run(context),
        OfficerCommand::Show(args) => list::show(&args.id, context),
    }
}

/// Makes a key of an officer: a file that only its owner reads, encrypted.
fn new(args: &OfficerNew, context: &Context) -> Result<Exit, Failure> {
    let suite = match args.suite {
        Some(suite) => suite,
        None => store::peek(context)?.suite,
    };
    if args.file.exists() {
        return Err(Failure::at(Code::Exists, &args.file));
    }
    let passphrase = match &context.settings.officer_passphrase_file {
        Some(file) => prompt::from_file(file)?,
        None => prompt::ask_new(context.output.messages(), &context.cancel)?,
    };
    let key = SigningKey::from_seed(suite, &Secret::random());
    let pem = pkcs8::to_pem(&key, passphrase.expose());
    speak::write_new(&args.file, pem.as_bytes(), 0o600)?;
    let (path, public) =
        (args.file.display().to_string(), OfficerKey(key.verifying_key()).to_string());
    context.output.say("officer-new", &[("path", &path), ("key", &public)])?;
    let body = json!({ "file": path, "suite": suite.name(), "key": public });
    context.output.document("sealkeep.officer-new/1", body)?;
    Ok(Exit::Ok)
}

/// The ceremony: the first officers and the first policy, signed by all with authority.
fn init(args: &OfficerInit, context: &Context) -> Result<Exit, Failure> {
    let officers = read_list(&args.list)?;
    let policy_text = match &args.policy {
        Some(path) => cmd::policy::read(path)?,
        None => policy::default_text(today()),
    };
    let key = sign::officer_key(context)?;
    let public = OfficerKey(key.verifying_key());
    let own = officers.iter().find(|officer| officer.key == public);
    let id = own.ok_or_else(|| Failure::new(Code::NotAnOfficer, public.to_string()))?.id.clone();
    let by = officers.iter().filter(|officer| officer.has(&[Role::Authority]));
    let by: Vec<OfficerId> = by.map(|officer| officer.id.clone()).collect();
    let mut opened = store::open(context)?;
    let register = opened.register().map_err(|error| store::here(context, &error))?;
    let genesis = Genesis { key: OfficerKey(opened.public_key()), officers, policy_text };
    let draft = Draft::new(*register.store(), cmd::now(), None, by, genesis);
    let envelope = draft.sign(&[(&id, &key)]).map_err(speak::not_a_statement)?;
    speak::finish(&mut opened, &envelope, &args.say, context)
}

fn enroll(args: &OfficerEnroll, context: &Context) -> Result<Exit, Failure> {
    let mut officers = read_list(&args.file)?;
    let one = officers.pop().filter(|_| officers.is_empty());
    let officer = one.ok_or_else(|| {
        let what = context.output.messages().text("usage-one-officer", &[]);
        Failure::new(Code::Usage, what)
    })?;
    let said = Enroll { officer, replaces: args.replaces.clone() };
    say(said, &args.together.with, &args.together.say, context)
}

fn qualify(args: &OfficerQualify, context: &Context) -> Result<Exit, Failure> {
    let number = Name::try_from(args.number.as_str()).map_err(speak::not_a_statement)?;
    let qualification = Qualification { number, until: end_of(args.until) };
    let said = Qualify { officer: args.id.clone(), qualification };
    say(said, &args.together.with, &args.together.say, context)
}

fn say(
    said: impl Into<Said>,
    with: &[OfficerId],
    how: &Say,
    context: &Context,
) -> Result<Exit, Failure> {
    let mut opened = store::open(context)?;
    speak::speak(&mut opened, said, with, how, context)
}

fn text(text: &str) -> Result<Text, Failure> {
    Text::try_from(text).map_err(speak::not_a_statement)
}

/// A qualification is good on its last day too.
fn end_of(day: Date) -> u64 {
    midnight(day.tomorrow().unwrap_or(day))
}

/// Officers as people write them down.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct List {
    officer: Vec<Written>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    id: OfficerId,
    name: Name,
    person: Person,
    roles: Vec<Role>,
    key: OfficerKey,
    qualification: Option<WrittenQualification>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenQualification {
    number: Name,
    until: Datetime,
}

fn read_list(path: &Path) -> Result<Vec<Officer>, Failure> {
    let text = cmd::policy::read(path)?;
    let failed = |why: String| Failure::at(Code::OfficerList, path).because(why);
    let list: List = toml::from_str(&text).map_err(|error| failed(error.to_string()))?;
    list.officer.into_iter().map(|written| written.officer().map_err(failed)).collect()
}

impl Written {
    fn officer(self) -> Result<Officer, String> {
        let qualification = self.qualification.map(|written| {
            let until: Date =
                written.until.to_string().parse().map_err(|_| format!("{}", written.until))?;
            Ok::<_, String>(Qualification { number: written.number, until: end_of(until) })
        });
        Ok(Officer {
            id: self.id,
            name: self.name,
            person: self.person,
            roles: self.roles,
            key: self.key,
            qualification: qualification.transpose()?,
        })
    }
}
