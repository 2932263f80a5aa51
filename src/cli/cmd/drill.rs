//! `drill`: a sample restored to scratch through the real key store, compared, and written down.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use sealkeep::backup::drill::{DrillReport, Sample, drill};
use sealkeep::backup::restore::Failed;
use sealkeep::keys::StoreKeys;
use sealkeep::vault::{Access, Lock, SharedKeys, Vault};
use serde_json::{Value, json};

use crate::cli::args::Drill;
use crate::cli::cmd::restore::destroyed_fields;
use crate::cli::cmd::{self, copy};
use crate::cli::exit::{Code, Exit};
use crate::cli::failure::Failure;
use crate::cli::vault::{self, Opened, Snapshot};
use crate::cli::{Context, classify, store, time};

pub(crate) fn run(args: &Drill, context: &Context) -> Result<Exit, Failure> {
    let opened = vault::open(context)?;
    let (name, other) = match &args.copy {
        None => ("vault".to_owned(), None),
        Some(name) => open_copy(name, &opened, context)?,
    };
    let source = other.as_ref().unwrap_or(&opened);
    let snapshot = snapshot(source, args, context)?;
    let sample =
        sample(args, &source.vault, &snapshot).map_err(|error| source.failure(&error, context))?;
    let scratch = args.scratch.clone().unwrap_or_else(scratch);
    let report = cmd::with_progress(context, None, |run| {
        drill(&source.vault, &snapshot.file, sample, &scratch, run)
    });
    let report =
        report.map_err(|error| vault::restore_failure(&scratch, &source.dir, &error, context))?;
    let days = args.every.unwrap_or(EVERY);
    let next_due = cmd::now() + u64::from(days) * 86_400;
    let document = report.document(&name, Some(next_due));
    let record = opened.vault.record("drill", &document);
    let record = record.map_err(|error| opened.failure(&error, context))?;
    let noted = Noted { copy: name, next_due, record: opened.dir.join(record) };
    finish(&report, &noted, source, context)
}

/// What goes with the report of a drill.
struct Noted {
    copy: String,
    next_due: u64,
    /// Where the signed report lies.
    record: PathBuf,
}

fn sample(args: &Drill, vault: &Vault, snapshot: &Snapshot) -> sealkeep::vault::Result<Sample> {
    let Some(part) = args.sample else {
        let objects = args.objects.unwrap_or(OBJECTS);
        return Ok(if args.all { Sample::All } else { Sample::Objects(objects) });
    };
    let segments = vault.segments(&snapshot.file)?;
    let objects: u64 = segments.iter().map(|segment| u64::from(segment.entries)).sum();
    Ok(Sample::Objects((objects * u64::from(part)).div_ceil(100).max(1)))
}

/// The copy, opened as if it were the vault: the drill is of what would be there if the vault were lost.
fn open_copy(
    name: &str,
    opened: &Opened,
    context: &Context,
) -> Result<(String, Option<Opened>), Failure> {
    let register = copy::load(&vault::find(context)?, context)?;
    let medium = copy::one(&register, name)?;
    let dir = PathBuf::from(&medium.place);
    let storage = copy::storage(&dir)?;
    let keys = Arc::new(StoreKeys::new(store::open(context)?));
    let shared: SharedKeys = keys.clone();
    let access = Access { lock: Lock::Shared, wait: context.settings.wait, catalogue: None };
    let vault =
        Vault::open(storage, shared, access).map_err(|error| classify::vault(&dir, &error))?;
    if vault.id() != opened.vault.id() {
        return Err(Failure::at(Code::OtherVault, &dir));
    }
    Ok((medium.id, Some(Opened { dir, vault, keys })))
}

fn snapshot(source: &Opened, args: &Drill, context: &Context) -> Result<Snapshot, Failure> {
    let mut snapshots = source.snapshots(context)?;
    let name = args.snapshot.as_deref().unwrap_or("latest");
    let at = vault::pick(&snapshots, name, &args.which)?;
    Ok(snapshots.swap_remove(at))
}

/// Plain content belongs into memory where that can be had.
fn scratch() -> PathBuf {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() }
}

fn finish(
    report: &DrillReport,
    noted: &Noted,
    source: &Opened,
    context: &Context,
) -> Result<Exit, Failure> {
    let Noted { copy: name, next_due, record } = noted;
    let (bytes, seconds) = (report.bytes.to_string(), report.duration.as_secs());
    context.output.say(
        "drill-done",
        &[
            ("copy", name),
            ("chosen", &report.chosen),
            ("objects", &report.objects),
            ("files", &report.files),
            ("bytes", &bytes),
            ("others", &report.others),
            ("destroyed", &report.destroyed.len()),
            ("seconds", &seconds),
            ("next", &time(*next_due)),
        ],
    )?;
    context.output.say("drill-record", &[("path", &record.display().to_string())])?;
    let failures: Vec<Failure> = report
        .failures
        .iter()
        .map(|one| {
            let subject = match &one.what {
                Failed::Path(path) => path.clone(),
                Failed::Key(key) => PathBuf::from(key.to_string()),
                Failed::Segment(segment, _) => PathBuf::from(segment.to_string()),
            };
            vault::restore_failure(&subject, &source.dir, &one.error, context)
        })
        .collect();
    let shown: Vec<Value> = failures.iter().map(|one| context.output.failure_json(one)).collect();
    context.output.document(
        "sealkeep.drill/1",
        json!({
            "copy": name,
            "snapshot": report.snapshot.to_string(),
            "fingerprint": report.fingerprint,
            "objects": report.objects,
            "chosen": report.chosen,
            "files": report.files,
            "bytes": report.bytes,
            "others": report.others,
            "destroyed": report.destroyed.iter().map(destroyed_fields).collect::<Vec<_>>(),
            "seconds": seconds,
            "passed": report.passed(),
            "next_due": time(*next_due),
            "record": record,
            "failures": shown,
        }),
    )?;
    if report.passed() {
        return Ok(Exit::Ok);
    }
    cmd::tell(context, &failures);
    let failure = Failure::new(Code::DrillFailed, name);
    if context.output.json() { Ok(failure.code.exit()) } else { Err(failure) }
}

/// Objects of a sample unless told.
const OBJECTS: u64 = 100;
/// Days to the next drill unless told.
const EVERY: u32 = 30;
