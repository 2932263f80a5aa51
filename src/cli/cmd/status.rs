//! `status`: one screen that says what is overdue. Backups that stop without a word are the classic disaster.

use std::collections::BTreeMap;
use std::time::Duration;

use sealkeep::retention::Warning;
use sealkeep::vault::register::{Due, Medium, MediumState, Register};
use sealkeep_keystore::approval;
use sealkeep_keystore::{CopyStatus, KeyStore};
use serde_json::{Value, json};

use crate::cli::args::Status;
use crate::cli::cmd::destroy::short;
use crate::cli::cmd::{self, media, retention};
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::messages::Args;
use crate::cli::vault::{self, Opened, Snapshot};
use crate::cli::{Context, hex, store, time};

pub(crate) fn run(args: &Status, context: &Context) -> Result<Exit, Failure> {
    let max_age = match args.max_age {
        Some(age) => age,
        None => context.settings.backup.max_age.unwrap_or(MAX_AGE),
    };
    let policy = retention::policy(None, context)?;
    let opened = vault::open(context)?;
    say_vault(&opened, context)?;
    let mut screen = Screen { context, overdue: 0, rows: Vec::new() };
    screen.backups(&opened.snapshots(context)?, max_age)?;
    let copies = opened.keys.copy_status().map_err(|error| store::here(context, &error))?;
    screen.copies(&opened)?;
    screen.drill(&opened)?;
    screen.key_copies(&copies)?;
    let register = opened.keys.with(KeyStore::register);
    screen.officers(&register.map_err(|error| store::here(context, &error))?)?;
    for date in policy.check(retention::today()) {
        let Warning::ReviewOverdue(date) = date else { continue };
        screen.row(
            true,
            "policy",
            "status-policy",
            &[("version", &policy.version()), ("date", &date.to_string())],
        )?;
    }
    screen.finish(&opened)
}

fn say_vault(opened: &Opened, context: &Context) -> Result<(), Failure> {
    let (dir, id) = (opened.dir.display().to_string(), hex(&opened.vault.id()));
    let file = opened.vault.file();
    let args: Args<'_> = &[
        ("dir", &dir),
        ("id", &id),
        ("suite", &file.suite().name()),
        ("fingerprint", &file.fingerprint()),
    ];
    context.output.say("status-vault", args)
}

/// What was looked at, and how much of it is overdue.
struct Screen<'c> {
    context: &'c Context,
    overdue: usize,
    rows: Vec<Value>,
}

impl Screen<'_> {
    fn row(
        &mut self,
        overdue: bool,
        about: &str,
        key: &str,
        args: Args<'_>,
    ) -> Result<(), Failure> {
        self.overdue += usize::from(overdue);
        let messages = self.context.output.messages();
        let text = messages.text(key, args);
        self.rows.push(json!({ "about": about, "overdue": overdue, "text": text }));
        let mark = messages.text(if overdue { "status-overdue" } else { "status-in-time" }, &[]);
        self.context.output.line(&format!("  {mark}  {text}"))
    }

    /// The newest finished snapshot of each host and sources.
    fn backups(&mut self, snapshots: &[Snapshot], max_age: Duration) -> Result<(), Failure> {
        let mut newest: BTreeMap<(&str, &[String]), (&Snapshot, usize)> = BTreeMap::new();
        for snapshot in snapshots.iter().filter(|snapshot| snapshot.file.complete) {
            let about = &snapshot.about;
            // They come oldest first.
            let group = newest.entry((&about.host, &about.sources)).or_insert((snapshot, 0));
            *group = (snapshot, group.1 + 1);
        }
        if newest.is_empty() {
            return self.row(true, "backup", "status-no-backup", &[]);
        }
        for (snapshot, count) in newest.into_values() {
            let (host, sources) = (&snapshot.about.host, snapshot.sources());
            let when = snapshot.file.time;
            let age = cmd::now().saturating_sub(when);
            let overdue = age > max_age.as_secs();
            let (when, hours) = (time(when), age / 3_600);
            let args: Args<'_> = &[
                ("host", host),
                ("sources", &sources),
                ("when", &when),
                ("hours", &hours),
                ("count", &count),
            ];
            self.row(overdue, "backup", "status-backup", args)?;
        }
        Ok(())
    }

    /// The copies of the vault, and everything else in the register.
    fn copies(&mut self, opened: &Opened) -> Result<(), Failure> {
        let register = Register::load(&**opened.vault.storage(), opened.vault.file())
            .map_err(|error| opened.failure(&error, self.context))?;
        let used = |medium: &&Medium| medium.copy && medium.state == MediumState::InUse;
        if register.media().iter().filter(used).count() == 0 {
            self.row(true, "copy", "status-no-copy", &[])?;
        }
        let due = register.due(cmd::now());
        for medium in register.media() {
            let mine: Vec<&Due> = due.iter().filter(|due| due.id == medium.id).collect();
            for due in &mine {
                let (what, since) = (media::what_text(due.what, self.context), time(due.since));
                let args: Args<'_> = &[
                    ("id", &medium.id),
                    ("place", &medium.place),
                    ("what", &what),
                    ("since", &since),
                ];
                self.row(true, "copy", "status-due", args)?;
            }
            if let Some(sync) = medium.last_sync.filter(|_| mine.is_empty() && used(&medium)) {
                let when = time(sync.time);
                let args: Args<'_> =
                    &[("id", &medium.id), ("place", &medium.place), ("when", &when)];
                self.row(false, "copy", "status-copy", args)?;
            }
        }
        Ok(())
    }

    /// The last drill, and whether the next is due.
    fn drill(&mut self, opened: &Opened) -> Result<(), Failure> {
        let last = last_drill(opened).map_err(|error| opened.failure(&error, self.context))?;
        let Some(last) = last else { return self.row(true, "drill", "status-no-drill", &[]) };
        let number = |field: &str| last[field].as_u64();
        let when = number("time").map_or_else(|| "-".to_owned(), time);
        let passed = last["passed"].as_bool().unwrap_or(false);
        let overdue = number("next_due").is_some_and(|due| due < cmd::now());
        let key = if passed { "status-drill" } else { "status-drill-failed" };
        self.row(overdue || !passed, "drill", key, &[("when", &when)])
    }

    /// The copies of the key store: without them, all of the vault hangs on one disk.
    fn key_copies(&mut self, copies: &[CopyStatus]) -> Result<(), Failure> {
        if copies.is_empty() {
            return self.row(true, "key-copy", "status-no-key-copy", &[]);
        }
        for copy in copies {
            let dir = copy.copy.location.dir.display().to_string();
            let when = copy.when.map_or_else(|| "-".to_owned(), time);
            let args: Args<'_> = &[("dir", &dir), ("when", &when)];
            // A live copy has all keys, or the command that made them would have said so; what it lacks meanwhile is what was
            // entered into the ledger since. One that is brought up to date by hand is carried there now and then.
            let age = cmd::now().saturating_sub(copy.when.unwrap_or(0));
            let limit = if copy.copy.live { LIVE } else { BY_HAND };
            let overdue = !copy.current && age > limit.as_secs();
            self.row(overdue, "key-copy", "status-key-copy", args)?;
        }
        Ok(())
    }

    /// What officers should have done by now, and the doubt about the clock that keeps them from executing.
    fn officers(&mut self, register: &approval::Register) -> Result<(), Failure> {
        let now = cmd::now();
        if let Some(since) = register.clock_in_doubt() {
            self.row(true, "clock", "warn-clock", &[("since", &time(since))])?;
        }
        if register.policy().is_some_and(|policy| policy.is_overdue(now)) {
            self.row(true, "approvals", "warn-policy-overdue", &[])?;
        }
        for record in register.overdue_leavers(now) {
            let id = record.officer.id.as_str();
            self.row(true, "officer", "warn-leaver-overdue", &[("officer", &id)])?;
        }
        for record in register.expired_qualifications(now) {
            let id = record.officer.id.as_str();
            self.row(true, "officer", "warn-unqualified", &[("officer", &id)])?;
        }
        for hold in register.overdue_holds(now) {
            let (id, basis) = (short(&hold.digest), hold.hold.basis.to_string());
            let args: Args<'_> =
                &[("hold", &id), ("basis", &basis), ("review", &time(hold.review))];
            self.row(true, "hold", "status-hold", args)?;
        }
        for grant in register.overdue_justifications(now) {
            let (id, by) = (short(&grant.digest), grant.by.officer.to_string());
            let args: Args<'_> = &[("grant", &id), ("by", &by), ("due", &time(grant.due))];
            self.row(true, "break-glass", "status-justify", args)?;
        }
        Ok(())
    }

    fn finish(self, opened: &Opened) -> Result<Exit, Failure> {
        let context = self.context;
        let exit = if self.overdue > 0 { Exit::Overdue } else { Exit::Ok };
        context.output.say("status-summary", &[("count", &self.overdue)])?;
        context.output.document(
            "sealkeep.status/1",
            json!({
                "vault": opened.dir,
                "id": hex(&opened.vault.id()),
                "fingerprint": opened.vault.file().fingerprint(),
                "overdue": self.overdue,
                "rows": self.rows,
            }),
        )?;
        Ok(exit)
    }
}

/// The newest report of a drill that the vault signed.
fn last_drill(opened: &Opened) -> sealkeep::vault::Result<Option<Value>> {
    let storage = opened.vault.storage();
    let mut names: Vec<(u64, String)> = storage
        .list("records/")?
        .into_iter()
        .filter_map(|(name, _)| {
            let (time, kind) = name.strip_prefix("records/")?.split_once('-')?;
            let drill = kind.starts_with("drill-");
            drill.then_some((time.parse().ok()?, name.clone()))
        })
        .collect();
    names.sort_unstable();
    for (_, name) in names.into_iter().rev() {
        let bytes = storage.read(&name, MOST_RECORD)?;
        let public = &opened.vault.file().public;
        let payload = sealkeep_keystore::dsse::verify("drill", &bytes, public).ok();
        if let Some(drill) = payload.and_then(|payload| serde_json::from_slice(&payload).ok()) {
            return Ok(Some(drill));
        }
    }
    Ok(None)
}

/// Bytes of a record.
const MOST_RECORD: u64 = 64 << 20;
/// How old the newest snapshot may be unless told: a night, and some hours for a backup that takes longer than usual.
const MAX_AGE: Duration = Duration::from_secs(30 * 3_600);
/// How long a live copy of the key store may lack what was entered since; by every night's backup it has all of it.
const LIVE: Duration = Duration::from_secs(30 * 3_600);
/// How long one may that is brought up to date by hand.
const BY_HAND: Duration = Duration::from_secs(8 * 24 * 3_600);
