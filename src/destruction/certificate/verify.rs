//! Verifying a certificate: pure, from its bytes alone, without key store, clock or network (`docs/spec/certificate.md` §4).

mod checks;
mod execution;
mod ground;
mod inventory;
mod ledger;
mod replay;

use std::collections::HashSet;
use std::thread;

use sealkeep_crypto::{HASH_LEN, Suite, hash};
use sealkeep_keystore::approval::register::RequestRecord;
use sealkeep_keystore::approval::{Digest, Request};
use sealkeep_keystore::dsse::Envelope;
use sealkeep_keystore::record::Inspection;

use super::bundle::{Bundle, Cosigned, Residual, SCHEMA};
use super::claims::{Evidence, claims, not_covered, residual};
use super::dossier::{Act, Dossier, RequestFacts};
use super::{ENVELOPE, STORE_KEY_ID};
use checks::Checks;
pub use checks::{Check, CheckName};
use execution::Done;
use ground::Ground;
use ledger::Witnessed;

/// What came of the checks.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// Every check, in the order of [`CheckName::ALL`].
    pub checks: Vec<Check>,
    /// The genesis statement is the one that was given.
    pub anchored: bool,
    /// H of the file, by the hash of the store's suite; SHA-256 where that cannot be told.
    pub digest: [u8; HASH_LEN],
    /// What stands in the certificate, if it can be read. To be believed only if it [holds](Self::is_valid).
    pub bundle: Option<Bundle>,
    /// For the forms; there only if it holds.
    pub dossier: Option<Dossier>,
}

impl Verdict {
    /// Whether the certificate holds. If it is not [anchored](Self::anchored), nobody said whose it is.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        let good = |check: &Check| {
            check.passed() || (check.name == CheckName::Trust && check.failed().is_none())
        };
        self.checks.iter().all(good)
    }
}

/// Checks everything about a certificate. `trust` is the digest of the genesis statement, had from elsewhere.
#[must_use]
pub fn verify(bytes: &[u8], trust: Option<[u8; HASH_LEN]>) -> Verdict {
    let mut checks = Checks::new();
    let file = checks.made(CheckName::File, read_file(bytes));
    let bundle = file.as_ref().and_then(|file| checks.made(CheckName::Payload, read_bundle(file)));
    let ground =
        bundle.as_ref().and_then(|bundle| checks.made(CheckName::Payload, Ground::of(bundle)));
    let (mut dossier, mut digest) = (None, None);
    if let (Some(file), Some(bundle), Some(ground)) = (&file, &bundle, &ground) {
        thread::scope(|scope| {
            // Two passes over all bytes, beside everything else.
            let hashed = scope.spawn(|| hash(ground.suite, &[bytes]));
            let signed = scope.spawn(|| file.check(&file.signatures()[0], &ground.key));
            dossier = check_contents(bundle, ground, &mut checks);
            let signed = signed.join().expect("verifying ends");
            checks.made(CheckName::Signature, signed.map_err(|refused| refused.to_string()));
            digest = Some(hashed.join().expect("hashing ends"));
        });
        check_trust(ground, trust, &mut checks);
    }
    let digest = digest.unwrap_or_else(|| hash(Suite::Aes256Gcm, &[bytes]));
    let checks = checks.into_list();
    let anchored = checks.iter().any(|check| check.name == CheckName::Trust && check.passed());
    let mut verdict = Verdict { checks, anchored, digest, bundle, dossier: None };
    if let Some(mut dossier) = dossier.filter(|_| verdict.is_valid()) {
        dossier.digest = Digest(digest).to_string();
        verdict.dossier = Some(dossier);
    }
    verdict
}

fn read_file(bytes: &[u8]) -> Result<Envelope, String> {
    let file = Envelope::parse(ENVELOPE, bytes).map_err(|refused| refused.to_string())?;
    match file.signatures() {
        [one] if one.key_id == STORE_KEY_ID => Ok(file),
        _ => Err("there is not exactly one signature, by the store".to_owned()),
    }
}

fn read_bundle(file: &Envelope) -> Result<Bundle, String> {
    let bundle: Bundle =
        serde_json::from_slice(file.payload()).map_err(|error| error.to_string())?;
    if bundle.schema == SCHEMA { Ok(bundle) } else { Err("the schema is not known".to_owned()) }
}

/// Everything but the signature of the file, and trust.
fn check_contents(bundle: &Bundle, ground: &Ground, checks: &mut Checks) -> Option<Dossier> {
    let examined = examine(bundle, ground, checks)?;
    checks.made(CheckName::Claims, check_claims(bundle, &examined.evidence()));
    checks.made(CheckName::Residual, check_residual(bundle, &examined.evidence()));
    Some(dossier(bundle, examined))
}

/// The evidence of a certificate, checked.
pub(super) struct Examined {
    request: Request,
    witnesses: usize,
    cosigners: usize,
    done: Done,
    inspection: Option<Inspection>,
    acts: Vec<Act>,
}

impl Examined {
    /// What claims follow from.
    pub(super) fn evidence(&self) -> Evidence<'_> {
        Evidence {
            request: &self.request,
            execution: &self.done.execution,
            inspection: self.inspection.as_ref(),
            media: self.done.media,
            witnesses: self.witnesses,
            cosigners: self.cosigners,
        }
    }
}

/// Checks the evidence. As much as can be checked is, so that whoever reads the verdict sees what does not fit.
fn examine(bundle: &Bundle, ground: &Ground, checks: &mut Checks) -> Option<Examined> {
    let list = checks.made(CheckName::Inventory, inventory::read(bundle, ground.suite));
    let checkpoint = checks.made(CheckName::Checkpoint, ledger::checkpoint(bundle, ground))?;
    checks.made(CheckName::Entries, ledger::entries(bundle, ground, &checkpoint))?;
    checks.made(CheckName::Proof, ledger::proof(bundle, ground));
    let list = list?;
    let replayed = checks.made(CheckName::Statements, replay::replay(bundle, ground, &list))?;
    checks.made(CheckName::Store, replayed.check_store(bundle, ground));
    let record = checks.made(CheckName::Request, replayed.request_done(bundle, ground))?;
    checks.made(CheckName::Inventory, inventory::check(&list, record));
    let done = execution::read(bundle, ground, record, &replayed.noted, &list);
    let done = checks.made(CheckName::Execution, done)?;
    checks.made(CheckName::WipeReports, execution::wipe_reports(bundle, ground, &done));
    let inspection = execution::inspection(bundle, ground, record);
    let inspection = checks.made(CheckName::Inspection, inspection)?;
    let covers = done.execution.destroyed.unwrap_or(done.execution.begun);
    let witnessed = Witnessed { ground, checkpoint: &checkpoint, covers, replayed: &replayed };
    let cosigners = checks.made(CheckName::Cosigned, witnessed.count(&bundle.cosigned))?;
    let (request, witnesses) = (record.request.clone(), record.witnesses.len());
    let counted = counted(record);
    let mut acts = replayed.acts;
    acts.iter_mut().for_each(|act| act.counts = counted.contains(&act.digest));
    Some(Examined { request, witnesses, cosigners, done, inspection, acts })
}

/// Digests of the statements on which the request rests.
fn counted(record: &RequestRecord) -> HashSet<String> {
    let inspections = record.inspections.iter().map(|inspected| &inspected.by);
    let signed = std::iter::once(&record.applicant).chain(&record.approvals).chain(&record.order);
    let signed = signed.chain(&record.witnesses).chain(inspections);
    signed.map(|signed| signed.statement.to_string()).collect()
}

/// Checks the evidence of a bundle whose claims are still to be made.
///
/// # Errors
/// The first check that failed.
pub(super) fn examine_for_issue(bundle: &Bundle) -> Result<Examined, Check> {
    let mut checks = Checks::new();
    let ground = checks.made(CheckName::Payload, Ground::of(bundle));
    let examined = ground.and_then(|ground| examine(bundle, &ground, &mut checks));
    let checks = checks.into_list();
    let failed = checks.into_iter().find(|check| check.failed().is_some());
    match (examined, failed) {
        (Some(examined), None) => Ok(examined),
        (_, failed) => Err(failed.expect("nothing is left out unless something failed")),
    }
}

/// Those of its cosigned checkpoints that hold. Whatever became of a witness's key must not keep from being certified what was done.
/// What is wrong with the rest of the bundle, its examination tells.
pub(super) fn holding(bundle: &Bundle) -> Vec<Cosigned> {
    let kept = || -> Result<Vec<Cosigned>, String> {
        let ground = Ground::of(bundle)?;
        let list = inventory::read(bundle, ground.suite)?;
        let checkpoint = ledger::checkpoint(bundle, &ground)?;
        let replayed = replay::replay(bundle, &ground, &list)?;
        let record = replayed.request_done(bundle, &ground)?;
        let covers = record.destroyed.or(record.begun).unwrap_or_default();
        let (ground, checkpoint, replayed) = (&ground, &checkpoint, &replayed);
        let witnessed = Witnessed { ground, checkpoint, covers, replayed };
        let holds = |one: &&Cosigned| witnessed.signers(one).is_ok();
        Ok(bundle.cosigned.iter().filter(holds).cloned().collect())
    };
    kept().unwrap_or_else(|_| bundle.cosigned.clone())
}

/// Claims of the certificate that are not those that follow, by name.
fn check_claims(bundle: &Bundle, evidence: &Evidence<'_>) -> Result<(), String> {
    let follow = claims(evidence);
    if let Some(claim) = bundle.claims.iter().find(|claim| !follow.contains(claim)) {
        return Err(format!("`{}`, `{}` does not follow", claim.claim, claim.grade));
    }
    if bundle.claims == follow { Ok(()) } else { Err("claims are missing or out of order".into()) }
}

fn check_residual(bundle: &Bundle, evidence: &Evidence<'_>) -> Result<(), String> {
    let follow = residual(evidence);
    let named: HashSet<&Residual> = bundle.residual.iter().collect();
    if let Some(left_out) = follow.iter().find(|one| !named.contains(one)) {
        return Err(format!("`{}` at `{}` is not named", left_out.what, left_out.place));
    }
    if bundle.residual != follow {
        return Err("there is more than follows, or it is out of order".to_owned());
    }
    if bundle.not_covered != not_covered(evidence.request) {
        return Err("what is not covered is not what the request says".to_owned());
    }
    Ok(())
}

fn check_trust(ground: &Ground, trust: Option<[u8; HASH_LEN]>, checks: &mut Checks) {
    let Some(trust) = trust.map(Digest) else { return };
    let same = || format!("it is {}, not {trust}", ground.genesis);
    checks.made(CheckName::Trust, (ground.genesis == trust).then_some(()).ok_or_else(same));
}

fn dossier(bundle: &Bundle, examined: Examined) -> Dossier {
    Dossier {
        digest: String::new(),
        issued: bundle.issued,
        program: format!("{} {}", bundle.program.name, bundle.program.version),
        store: bundle.store.clone(),
        genesis: bundle.genesis.clone(),
        request: RequestFacts::of(&examined.request, &bundle.request),
        acts: examined.acts,
        execution: examined.done.execution,
        inspection: examined.inspection,
        claims: bundle.claims.clone(),
        residual: bundle.residual.clone(),
        not_covered: bundle.not_covered.clone(),
        root: bundle.inventory.root.clone(),
        lines: bundle.inventory.lines.clone(),
    }
}
