//! One run of the wipe, which a crash may cut in two.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::slice::from_ref;

use sealkeep_crypto::Suite;
use sealkeep_keystore::approval::{Digest, Item};
use sealkeep_keystore::record::{Failed, Wiped};
use serde::{Deserialize, Serialize};

use super::{Left, Listed};
use crate::destruction::error::{Error, Result};
use crate::destruction::request_files::RequestFiles;
use crate::destruction::wipe_report;
use crate::envelope::Run;
use crate::tree::DirCache;
use crate::wipe::{
    self, Identity, Method, Report, Resume, Row, Settled, Verdict, WipeList, WipeOptions, WipePlan,
    end_journal, unfinished,
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
    let (report_file, begun_file) = (format!("report-{number}"), format!("begun-{number}"));
    if let Some(report) = files.read_work(request, &report_file)? {
        end_journals(&journal)?;
        return Ok(wipe_report::read(report, suite));
    }
    let mut begun = match files.read_work(request, &begun_file)? {
        Some(before) => serde_json::from_slice(&before)
            .map_err(|_| Error::Altered { what: "what is kept of an overwriting" })?,
        None => Begun::default(),
    };
    let keep = |begun: &Begun| {
        let kept = serde_json::to_vec(begun).expect("numbers and strings");
        files.write_work(request, &begun_file, &kept)
    };
    let mut reports = Vec::new();
    let journals = unfinished(&journal);
    if journals.is_empty() {
        // Nothing says that anything was overwritten, so what is still as it was listed is, now.
        let left: Vec<&Listed> =
            group.iter().filter(|one| !begun.knows(one.item)).copied().collect();
        let (good, refused) = examine(&left, items, suite);
        let planned = plan(&good, false, &journal)?;
        begun.refused.extend(refused);
        begun.refused.extend(planned.iter().flat_map(|(_, refused)| refused.clone()));
        keep(&begun)?;
        if let Some((plan, _)) = planned {
            reports.push(carried_on(plan.execute(run), &journal)?);
        }
    }
    let mut announced = HashSet::new();
    for one in &journals {
        let resume = Resume::open(one, true)?.keeping_journal();
        begun.settle(group, resume.settled());
        announced.extend(resume.announced());
        reports.push(carried_on(resume.execute(run), &journal)?);
    }
    // A file that was overwritten in part is another one to whoever looks, and ours to go on with.
    let ours = |one: &&&Listed| {
        let target = &one.target;
        announced.contains(&target.path) && !begun.knows(one.item) && target.look() == Left::There
    };
    let left: Vec<&Listed> = group.iter().filter(ours).copied().collect();
    if let Some((plan, _)) = plan(&left, true, &journal)? {
        reports.push(carried_on(plan.execute(run), &journal)?);
    }
    let outcomes = outcomes(group, &reports, &begun);
    let bytes = wipe_report::write(&reports, &outcomes);
    files.write_work(request, &report_file, &bytes)?;
    end_journals(&journal)?;
    Ok(wipe_report::read(bytes, suite))
}

/// The report is durable, so nothing has to be learnt from the journals any more.
fn end_journals(dir: &Path) -> Result<()> {
    unfinished(dir).iter().try_for_each(|one| Ok(end_journal(one)?))
}

/// Looks whether these could be overwritten now, without changing anything. `beside` is where the journals would be.
///
/// # Errors
/// `NotOverwritable` for the first that could not; `Wipe`, `Method`.
pub(super) fn survey(group: &[&Listed], beside: &Path) -> Result<()> {
    let Some((plan, refused)) = plan(group, false, beside)? else { return Ok(()) };
    let path_of =
        |item: &u64| group.iter().find(|one| one.item == *item).map(|one| &one.target.path);
    if let Some((path, why)) = refused.iter().find_map(|(item, why)| Some((path_of(item)?, why))) {
        return Err(Error::NotOverwritable { path: path.clone(), why: why.clone() });
    }
    let named: BTreeSet<&PathBuf> = group.iter().map(|one| &one.target.path).collect();
    let first = plan.refused().into_iter().find(|(path, _)| named.contains(path));
    first.map_or(Ok(()), |(path, why)| Err(Error::NotOverwritable { path, why }))
}

/// Items that are not touched, and why.
type Refusals = BTreeMap<u64, String>;

/// What has to be known of a run that was cut off, beside its journal.
#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Begun {
    refused: Refusals,
    /// Items that were done with when a run was cut off, and what became of them.
    settled: BTreeMap<u64, Verdict>,
}

impl Begun {
    fn knows(&self, item: u64) -> bool {
        self.refused.contains_key(&item) || self.settled.contains_key(&item)
    }

    /// Takes over what a journal says of items that were done with.
    fn settle(&mut self, group: &[&Listed], settled: &[Settled]) {
        let known: HashMap<&Path, &Settled> =
            settled.iter().map(|one| (one.path.as_path(), one)).collect();
        for listed in group {
            let target = &listed.target;
            let same = |one: &&&Settled| {
                (one.inode, one.born) == (target.identity.id.1, target.identity.born)
            };
            if let Some(one) = known.get(target.path.as_path()).filter(same) {
                self.settled.insert(listed.item, one.verdict);
            }
        }
    }
}

/// The report of a run that came to its end.
fn carried_on(report: Report, journal: &Path) -> Result<Report> {
    match &report.stopped {
        None => Ok(report),
        Some(wipe::Error::Cancelled) => Err(Error::Cancelled),
        Some(error) => Err(Error::io(journal)(std::io::Error::other(error.to_string()))),
    }
}

/// What became of each item: the verdict, or why there is none.
pub(in crate::destruction) type Outcomes<'r> =
    Vec<(u64, std::result::Result<&'static str, String>, Option<&'r Row>)>;

fn outcomes<'r>(group: &[&Listed], reports: &'r [Report], begun: &Begun) -> Outcomes<'r> {
    // What was tried again counts as it ended.
    let rows: HashMap<&Path, &Row> = reports
        .iter()
        .flat_map(|report| &report.rows)
        .map(|row| (row.path.as_path(), row))
        .collect();
    let problems: HashMap<&Path, &wipe::Error> = reports
        .iter()
        .flat_map(|report| &report.problems)
        .map(|problem| (problem.path.as_path(), &problem.error))
        .collect();
    let of = |listed: &&Listed| {
        let target = &listed.target;
        let row = rows.get(target.path.as_path()).copied();
        let refused = begun.refused.get(&listed.item);
        let mut outcome = match (refused, row, problems.get(target.path.as_path())) {
            (Some(why), ..) => Err(why.clone()),
            (None, Some(row), _) => verdict(row),
            (None, None, Some(error)) => Err(error.to_string()),
            (None, None, None) => match begun.settled.get(&listed.item) {
                Some(verdict) => settled(*verdict, reports),
                None => Err("nothing shows that it was overwritten".to_owned()),
            },
        };
        if target.device && outcome == Ok("verified") {
            outcome = Ok("verified-device");
        }
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

/// What can be said of an item that a run was done with before it was cut off. What is freed and cannot be discarded is known
/// only at the end of a run, and then of all items together.
fn settled(verdict: Verdict, reports: &[Report]) -> std::result::Result<&'static str, String> {
    let in_place = |report: &Report| report.resumed && report.tally.not_in_place == 0;
    match verdict {
        Verdict::Verified => Ok("verified"),
        Verdict::BestEffort if reports.iter().any(in_place) => Ok("best-effort"),
        Verdict::BestEffort => Err(Verdict::NotInPlace.name().to_owned()),
        other => Err(other.name().to_owned()),
    }
}

/// What is still what was listed; and what is not, with the reason.
fn examine<'g>(group: &[&'g Listed], items: &[Item], suite: Suite) -> (Vec<&'g Listed>, Refusals) {
    let by_number: HashMap<u64, &Item> = items.iter().map(|item| (item.item, item)).collect();
    let (mut good, mut refused) = (Vec::with_capacity(group.len()), Refusals::new());
    for listed in group {
        let item = by_number.get(&listed.item).ok_or_else(|| "it is in no line".to_owned());
        match item.and_then(|item| listed.target.examine(item, suite)) {
            Ok(()) => good.push(*listed),
            Err(why) => drop(refused.insert(listed.item, why)),
        }
    }
    (good, refused)
}

/// A plan for exactly these, each as it was listed, or, `begun`, as it is. Nothing if there are none.
fn plan(group: &[&Listed], begun: bool, journal: &Path) -> Result<Option<(WipePlan, Refusals)>> {
    let mut refused = Refusals::new();
    let Some(first) = group.first() else { return Ok(None) };
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
        // It is there afterwards, and without a report it is overwritten anew.
        return Ok(Some((WipePlan::new(from_ref(&first.target.path), options)?, refused)));
    }
    let roots = topmost(group);
    let mut list = WipeList::new(&roots, options)?;
    let mut dirs = DirCache::default();
    for listed in group {
        let target = &listed.target;
        let inside = |root: &PathBuf| target.path.starts_with(root);
        let at = roots.iter().position(inside).expect("its own root is among them");
        let below = target.below(&roots[at]);
        let identity = list.open(at, below, true, &mut dirs).and_then(Identity::of);
        let added = identity.map_err(|error| error.to_string()).and_then(|is| {
            if !begun {
                target.same(&is)?;
            }
            list.add(at, below, &is).map_err(|error| error.to_string())
        });
        if let Err(why) = added {
            refused.insert(listed.item, why);
        }
    }
    Ok(Some((list.finish().keeping_journal(), refused)))
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
