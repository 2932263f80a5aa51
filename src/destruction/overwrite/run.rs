//! One run of the wipe, which a crash may cut in two.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use sealkeep_crypto::Suite;
use sealkeep_keystore::approval::{Digest, Item};
use sealkeep_keystore::record::{Failed, Wiped};

use super::Listed;
use crate::destruction::error::{Error, Result};
use crate::destruction::request_files::RequestFiles;
use crate::destruction::wipe_report;
use crate::envelope::Run;
use crate::tree::DirCache;
use crate::wipe::{
    self, Identity, Method, Report, Resume, Row, Verdict, WipeList, WipeOptions, WipePlan,
    unfinished,
};

/// What came of one run.
pub(in crate::destruction) struct Done {
    pub(in crate::destruction) report: Vec<u8>,
    pub(in crate::destruction) wipes: Vec<Wiped>,
    pub(in crate::destruction) failed: Vec<Failed>,
}

/// Carries out run `number`, or what is left of it.
///
/// # Errors
/// `Io`, `Cancelled`.
pub(super) fn carry_out(
    files: &RequestFiles,
    request: &Digest,
    number: usize,
    group: &[&Listed],
    items: &[Item],
    suite: Suite,
    run: &Run<'_>,
) -> Result<Done> {
    let work = files.work(request);
    let journal = work.join(format!("journal-{number}"));
    std::fs::create_dir_all(&journal).map_err(Error::io(&journal))?;
    let (report_file, begun) = (format!("report-{number}"), format!("begun-{number}"));
    if let Some(report) = files.read_work(request, &report_file)? {
        return Ok(wipe_report::read(report, suite));
    }
    let was_begun = files.read_work(request, &begun)?.is_some();
    let (report, refused) = match unfinished(&journal).first() {
        Some(journal) => (go_on(journal, run)?, HashMap::new()),
        None if was_begun => (None, HashMap::new()),
        None => {
            let (plan, refused) = plan(group, items, suite, &journal)?;
            files.write_work(request, &begun, b"")?;
            (plan.map(|plan| plan.execute(run)), refused)
        }
    };
    if let Some(Report { stopped: Some(error), .. }) = &report {
        return Err(match error {
            wipe::Error::Cancelled => Error::Cancelled,
            other => Error::Io { path: journal, source: std::io::Error::other(other.to_string()) },
        });
    }
    let outcomes = outcomes(group, report.as_ref(), &refused);
    let bytes = wipe_report::write(report.as_ref(), &outcomes);
    files.write_work(request, &report_file, &bytes)?;
    Ok(wipe_report::read(bytes, suite))
}

/// What became of each item: the verdict, or why there is none.
pub(in crate::destruction) type Outcomes<'r> =
    Vec<(u64, std::result::Result<&'static str, String>, Option<&'r Row>)>;

fn outcomes<'r>(
    group: &[&Listed],
    report: Option<&'r Report>,
    refused: &HashMap<u64, String>,
) -> Outcomes<'r> {
    let rows: HashMap<&Path, &Row> = report
        .iter()
        .flat_map(|report| &report.rows)
        .map(|row| (row.path.as_path(), row))
        .collect();
    let problems: HashMap<&Path, &wipe::Error> = report
        .iter()
        .flat_map(|report| &report.problems)
        .map(|problem| (problem.path.as_path(), &problem.error))
        .collect();
    let of = |listed: &&Listed| {
        let target = &listed.target;
        let row = rows.get(target.path.as_path()).copied();
        let outcome = match (refused.get(&listed.item), row, problems.get(target.path.as_path())) {
            (Some(why), ..) => Err(why.clone()),
            (None, Some(row), _) => verdict(row),
            (None, None, Some(error)) => Err(error.to_string()),
            (None, None, None) if target.is_there() => Err("it is still there".to_owned()),
            // It was done before the run was cut off, and only the sum of all was kept.
            (None, None, None) => Ok(weakest(report)),
        };
        (listed.item, outcome, row)
    };
    group.iter().map(of).collect()
}

fn verdict(row: &Row) -> std::result::Result<&'static str, String> {
    match row.verdict {
        Verdict::Verified => Ok("verified"),
        Verdict::BestEffort => Ok("best-effort"),
        other => {
            let why = row.error.as_ref().map(ToString::to_string);
            Err(why
                .map_or_else(|| other.name().to_owned(), |why| format!("{}: {why}", other.name())))
        }
    }
}

/// The least that can be said of items that a run had finished with before it was cut off.
fn weakest(report: Option<&Report>) -> &'static str {
    let sure = |report: &&Report| {
        let tally = &report.tally;
        tally.verified > 0 && tally.best_effort + tally.not_in_place + tally.failed == 0
    };
    if report.filter(sure).is_some() { "verified" } else { "best-effort" }
}

fn go_on(journal: &Path, run: &Run<'_>) -> Result<Option<Report>> {
    let resume = Resume::open(journal, true)?;
    Ok(Some(resume.execute(run)))
}

/// A plan for exactly what is still what it was; and what is not, with the reason.
fn plan(
    group: &[&Listed],
    items: &[Item],
    suite: Suite,
    journal: &Path,
) -> Result<(Option<WipePlan>, HashMap<u64, String>)> {
    let mut refused = HashMap::new();
    let mut good: Vec<&Listed> = Vec::with_capacity(group.len());
    for listed in group {
        let item = items.iter().find(|item| item.item == listed.item);
        let examined = item.ok_or_else(|| "it is in no line".to_owned());
        match examined.and_then(|item| listed.target.examine(item, suite)) {
            Ok(()) => good.push(listed),
            Err(why) => drop(refused.insert(listed.item, why)),
        }
    }
    let Some(first) = good.first() else { return Ok((None, refused)) };
    let name = &first.target.method;
    let options = WipeOptions {
        method: Method::find(name).ok_or_else(|| Error::Method(name.clone()))?,
        hard_links: true,
        whole: first.target.device,
        list: true,
        journal: Some(journal.to_owned()),
        ..WipeOptions::new()
    };
    if first.target.device {
        return Ok((Some(WipePlan::new(&[first.target.path.clone()], options)?), refused));
    }
    let roots = topmost(&good);
    let mut list = WipeList::new(&roots, options)?;
    let mut dirs = DirCache::default();
    for listed in &good {
        let target = &listed.target;
        let inside = |root: &&PathBuf| target.path.starts_with(root);
        let at = roots.iter().position(|root| inside(&root)).expect("its own root is among them");
        let below = target.below(&roots[at]);
        let identity = list.open(at, below, true, &mut dirs).and_then(Identity::of);
        let added = identity.map_err(|error| error.to_string()).and_then(|is| {
            target.same(&is)?;
            list.add(at, below, &is).map_err(|error| error.to_string())
        });
        if let Err(why) = added {
            refused.insert(listed.item, why);
        }
    }
    Ok((Some(list.finish()), refused))
}

/// Roots that lie in no other.
fn topmost(group: &[&Listed]) -> Vec<PathBuf> {
    let all: HashSet<&PathBuf> = group.iter().map(|one| &one.target.root).collect();
    let outer =
        |root: &&PathBuf| !root.ancestors().skip(1).any(|above| all.contains(&above.to_owned()));
    let mut roots: Vec<PathBuf> = all.iter().copied().filter(outer).cloned().collect();
    roots.sort();
    roots
}
