//! Certificates made without a key store: a ledger in memory, a cast of officers, and what a store would sign.

use std::collections::BTreeMap;

use sealkeep::destruction::certificate::{
    Bundle, Bytes, Cosigned, Entry, Inventory, Program, SCHEMA, StoreIdentity, complete,
};
use sealkeep_crypto::{Secret, SigningKey, Suite, hash};
use sealkeep_keystore::KeyId;
use sealkeep_keystore::approval::cast::{BEGIN, Cast};
use sealkeep_keystore::approval::inventory::{Extra, Method, Reader};
use sealkeep_keystore::approval::{CopyOf, Digest, Item, ItemKind, RegisteredCopy, Role, Said};
use sealkeep_keystore::dsse::Envelope;
use sealkeep_keystore::ledger::{
    self, AlarmKind, Body, Checkpoint, Event, InclusionProof, MerkleTree, StoreEvent, commitment,
    cosign, origin,
};
use sealkeep_keystore::record::{
    Cell, Execution, Executor, Inspection, Keys, Others, Place, Qualification, StoreCopy, Wiped,
};
use serde_json::{Map, Value, json};

/// What a certificate is to be about.
#[derive(Clone, Copy)]
pub(crate) struct Wanted {
    pub(crate) suite: Suite,
    pub(crate) objects: u64,
    pub(crate) files: u64,
    pub(crate) media: u64,
    pub(crate) cosigned: bool,
}

impl Wanted {
    /// Three objects, a file and a medium.
    pub(crate) fn small(suite: Suite) -> Self {
        Self { suite, objects: 3, files: 1, media: 1, cosigned: true }
    }

    /// Keys that die: one for each object, and the review key.
    fn keys(self) -> u64 {
        self.objects + 1
    }
}

/// A certificate, and whoever could sign it.
pub(crate) struct Scene {
    pub(crate) bundle: Bundle,
    pub(crate) genesis: [u8; 32],
    key: SigningKey,
}

/// What whoever has the store's key could write that was not so.
#[derive(Clone, Copy)]
#[allow(dead_code, reason = "not every test lies")]
pub(crate) enum Lie {
    /// More is in the ledger, right before the first statement or event of this kind.
    More(&'static str, fn(&mut History)),
    /// Nobody signed the statements of this kind.
    Unsigned(&'static str),
    /// The record of execution says something else, and everybody signed that.
    Execution(fn(&mut Execution)),
    /// So does the report of inspection.
    Inspection(fn(&mut Inspection)),
    /// The certificate itself.
    Bundle(fn(&mut Bundle)),
}

impl Scene {
    /// A whole history, ending with a bundle to which claims were added.
    pub(crate) fn new(wanted: Wanted) -> Self {
        let history = History::new(wanted, None);
        let (genesis, key) = (history.genesis, SigningKey::from_seed(wanted.suite, &store_seed()));
        let bundle = complete(history.bundle(&key)).unwrap();
        Self { bundle, genesis, key }
    }

    /// The same history but for one thing, which claims what is claimed of the true one.
    #[allow(dead_code, reason = "not every test lies")]
    pub(crate) fn lying(&self, wanted: Wanted, lie: Lie) -> Self {
        let history = History::new(wanted, Some(lie));
        let (key, honest) = (SigningKey::from_seed(wanted.suite, &store_seed()), &self.bundle);
        let mut bundle = history.bundle(&key);
        let last = bundle.entries.last().unwrap();
        let hashes = last.proof.iter().map(|hash| hash.0.as_slice().try_into().unwrap());
        let (index, checkpoint) = (last.index, bundle.checkpoint.clone());
        bundle.proof = InclusionProof { index, hashes: hashes.collect(), checkpoint }.to_string();
        bundle.claims.clone_from(&honest.claims);
        bundle.residual.clone_from(&honest.residual);
        bundle.not_covered.clone_from(&honest.not_covered);
        if let Lie::Bundle(change) = lie {
            change(&mut bundle);
        }
        Self { bundle, genesis: history.genesis, key }
    }

    /// The file, signed by the store.
    pub(crate) fn file(&self) -> Vec<u8> {
        self.signed(&self.bundle)
    }

    /// The file of another bundle, signed by the same store.
    pub(crate) fn signed(&self, bundle: &Bundle) -> Vec<u8> {
        self.signed_payload(bundle.to_payload())
    }

    /// The same for any payload.
    pub(crate) fn signed_payload(&self, payload: Vec<u8>) -> Vec<u8> {
        let mut envelope = Envelope::new("certificate", payload);
        envelope.sign(0, "store", &self.key);
        envelope.to_bytes()
    }
}

fn store_seed() -> Secret<32> {
    Secret::init_with(|seed| *seed = [9; 32])
}

/// A ledger that grows.
pub(crate) struct History {
    wanted: Wanted,
    lie: Option<Lie>,
    pub(crate) cast: Cast,
    /// What the request is, once it was made.
    pub(crate) request: Digest,
    /// The root of its list.
    pub(crate) root: Digest,
    /// The record of its execution, once there is one.
    pub(crate) record: Digest,
    bodies: Vec<Vec<u8>>,
    chosen: Vec<u64>,
    pub(crate) time: u64,
    genesis: [u8; 32],
    lines: Vec<String>,
    execution: Vec<u8>,
    inspection: Vec<u8>,
    report: Vec<u8>,
    cosigned_at: usize,
}

const STORE: [u8; 16] = [5; 16];

/// A policy under which nobody waits long.
const POLICY: &str = r#"version = 1
title = "For tests"
effective = 2026-01-01
review_by = 2027-01-01

[level.default]
wait = "2s"
"#;

impl History {
    fn new(wanted: Wanted, lie: Option<Lie>) -> Self {
        let mut cast = Cast::new(STORE, wanted.suite).with_policy(POLICY);
        cast.insert("qian", &[Role::Witness]);
        let mut history = Self {
            wanted,
            lie,
            cast,
            request: Digest([0; 32]),
            root: Digest([0; 32]),
            record: Digest([0; 32]),
            bodies: Vec::new(),
            chosen: Vec::new(),
            time: BEGIN,
            genesis: [0; 32],
            lines: Vec::new(),
            execution: Vec::new(),
            inspection: Vec::new(),
            report: br#"{"schema":"sealkeep.wipe/1","result":"best-effort"}"#.to_vec(),
            cosigned_at: 0,
        };
        history.play();
        history
    }

    fn play(&mut self) {
        let suite = self.wanted.suite;
        let key = SigningKey::from_seed(suite, &store_seed());
        self.note("begin", None, json!({}));
        let genesis = self.cast.genesis(self.time, &key.verifying_key());
        self.genesis = self.cast.digest(&genesis).0;
        self.say(genesis);
        let (lines, summary) = inventory(self.wanted);
        self.lines = lines;
        let root = summary.root;
        self.root = root;
        let mut request = Cast::request("XH-2026-001", 3, summary.clone());
        request.copies = vec![RegisteredCopy {
            what: CopyOf::VaultCopy,
            id: "copy-1".try_into().unwrap(),
            place: "/mnt/off-site".try_into().unwrap(),
            reachable: false,
            seen: Some(BEGIN),
        }];
        request.residual = vec!["paper printouts in the archive".try_into().unwrap()];
        request.not_covered = vec!["later versions of the same records".try_into().unwrap()];
        let request = self.officer("wang", request);
        self.request = request;
        self.note("unrelated", None, json!({}));
        self.officer("li", Cast::approve(request, root, 1));
        self.officer("zhang", Cast::approve(request, root, 2));
        self.time += 10;
        let order = self.officer("sun", Cast::execute(request, root));
        let begun = self.event("destroy-begun", request, json!({ "order": order }));
        let destroyed = self.event("destroyed", request, json!({}));
        let record = self.execution(request, order, summary, (begun, destroyed));
        let digest = Digest::of(suite, &record);
        self.record = digest;
        let mut envelope = Envelope::new("execution", record);
        envelope.sign(0, "store", &key);
        self.execution = envelope.to_bytes();
        let finished = json!({ "execution": digest, "state": "executed" });
        self.event("finished", request, finished);
        self.cosigned_at = self.bodies.len();
        self.officer("zhou", Cast::witness(request, root, digest));
        self.officer("wu", Cast::witness(request, root, digest));
        self.inspection = self.inspection(request, digest);
        let report = Digest::of(suite, &self.inspection);
        self.officer("zheng", Cast::inspect(request, root, digest, report, true));
        self.note("later", None, json!({}));
    }

    /// Somebody says something.
    pub(crate) fn officer(&mut self, who: &str, said: impl Into<Said>) -> Digest {
        self.officers(&[who], said)
    }

    /// Several say something together.
    pub(crate) fn officers(&mut self, by: &[&str], said: impl Into<Said>) -> Digest {
        let said = said.into();
        self.lie_before(said.kind());
        let draft = self.cast.draft(self.time, by, said);
        let statement = match self.lie {
            Some(Lie::Unsigned(kind)) if kind == draft.said.kind() => draft.sign(&[]).unwrap(),
            _ => self.cast.sign_draft(&draft),
        };
        let digest = self.cast.digest(&statement);
        self.say(statement);
        digest
    }

    fn lie_before(&mut self, kind: &str) {
        match self.lie {
            Some(Lie::More(before, more)) if before == kind => {
                self.lie = None;
                more(self);
            }
            _ => {}
        }
    }

    /// An alarm, which is part of the certificate.
    #[allow(dead_code, reason = "only liars do")]
    pub(crate) fn alarm(&mut self, alarm: AlarmKind, detail: Value) {
        let detail = detail.as_object().unwrap().clone();
        let index = self.add(Event::Alarm(ledger::Alarm { alarm, detail }));
        self.chosen.push(index);
    }

    /// A statement, however it was made.
    pub(crate) fn say(&mut self, statement: Vec<u8>) {
        let index = self.add(Event::statement(&statement));
        self.chosen.push(index);
    }

    /// What the request says of its list.
    #[allow(dead_code, reason = "only liars do")]
    pub(crate) fn summary(&self) -> sealkeep_keystore::approval::Summary {
        read(self.wanted.suite, &self.lines)
    }

    /// An event of the store about a request.
    pub(crate) fn event(&mut self, operation: &str, request: Digest, detail: Value) -> u64 {
        self.lie_before(operation);
        let index = self.note(operation, Some(request.0), detail);
        self.chosen.push(index);
        index
    }

    fn note(&mut self, operation: &str, request: Option<[u8; 32]>, detail: Value) -> u64 {
        let detail: Map<String, Value> = detail.as_object().unwrap().clone();
        self.add(Event::Store(StoreEvent { operation: operation.to_owned(), detail, request }))
    }

    fn add(&mut self, event: Event) -> u64 {
        self.time += 1;
        let body = Body { time: self.time, counted: self.time - BEGIN, event };
        self.bodies.push(body.to_bytes());
        self.bodies.len() as u64 - 1
    }

    fn execution(
        &self,
        request: Digest,
        order: Digest,
        summary: sealkeep_keystore::approval::Summary,
        (begun, destroyed): (u64, u64),
    ) -> Vec<u8> {
        let text = |text: &str| text.to_owned();
        let first_file = self.wanted.keys();
        let report = Digest::of(self.wanted.suite, &self.report).to_string();
        let wiped = |item| Wiped { item, verdict: text("best-effort"), report: report.clone() };
        let keys = Some(Keys {
            targets: self.wanted.keys(),
            digest: summary.targets.to_string(),
            epoch: 7,
            sequence: 41,
            index_key: true,
            cells: vec![Cell {
                place: text("/srv/keys/cell"),
                erased: true,
                read_back: text("direct"),
                medium: text("ext4"),
                residual: false,
            }],
            copies: vec![StoreCopy {
                id: text("k1"),
                place: text("/mnt/keys"),
                state: text("behind"),
                residual: true,
            }],
        });
        let mut execution = Execution {
            schema: text("sealkeep/execution/v1"),
            store: data_encoding::HEXLOWER.encode(&STORE),
            request: request.to_string(),
            inventory: summary.root.to_string(),
            executor: Executor {
                officer: text("sun"),
                person: text("p-sun"),
                qualification: Some(Qualification { number: text("Q-sun"), until: 1 << 40 }),
            },
            order: order.to_string(),
            program: text("sealkeep 0.1.0"),
            host: text("archive-1"),
            started: ledger::Body::parse(&self.bodies[usize::try_from(begun).unwrap()])
                .unwrap()
                .time,
            ended: self.time,
            begun,
            destroyed: Some(destroyed),
            state: text("executed"),
            keys,
            wipes: (first_file..first_file + self.wanted.files).map(wiped).collect(),
            failed: Vec::new(),
        };
        if let Some(Lie::Execution(change)) = self.lie {
            change(&mut execution);
        }
        serde_json::to_vec(&execution).unwrap()
    }

    fn inspection(&self, request: Digest, execution: Digest) -> Vec<u8> {
        let place = |what: &str, id: &str, items: u64| Place {
            what: what.to_owned(),
            id: id.to_owned(),
            place: format!("/srv/{id}"),
            reachable: true,
            items,
            refused: [("destroyed".to_owned(), items)].into(),
            opened: 0,
            others: Others { tried: 5, opened: 5 },
            residual_until: None,
        };
        let away = Place {
            reachable: false,
            refused: BTreeMap::new(),
            residual_until: Some(BEGIN + 86_400),
            ..place("keystore-copy", "k2", 0)
        };
        let mut inspection = Inspection {
            schema: "sealkeep/inspection/v1".to_owned(),
            request: request.to_string(),
            execution: execution.to_string(),
            started: self.time,
            ended: self.time + 2,
            program: "sealkeep 0.1.0".to_owned(),
            places: vec![
                place("vault", "v", self.wanted.objects),
                away,
                place("file", "overwritten", self.wanted.files),
            ],
            passed: true,
        };
        if let Some(Lie::Inspection(change)) = self.lie {
            change(&mut inspection);
        }
        serde_json::to_vec(&inspection).unwrap()
    }

    fn bundle(&self, key: &SigningKey) -> Bundle {
        let suite = self.wanted.suite;
        let salt = |index: usize| -> [u8; 16] {
            hash(suite, &[&index.to_be_bytes()])[..16].try_into().unwrap()
        };
        let leaves: Vec<_> = (0..self.bodies.len())
            .map(|index| commitment(suite, &salt(index), &self.bodies[index]))
            .collect();
        let tree = MerkleTree::of(suite, &leaves);
        let checkpoint = |size: usize| {
            let tree = MerkleTree::of(suite, &leaves[..size]);
            let origin = origin(&STORE, 1);
            Checkpoint { origin, size: size as u64, root: tree.root() }.sign(key).to_string()
        };
        let entries = self.chosen.iter().map(|&index| {
            let at = usize::try_from(index).unwrap();
            Entry {
                index,
                salt: Bytes(salt(at).to_vec()),
                body: Bytes(self.bodies[at].clone()),
                proof: tree.inclusion(index).into_iter().map(Bytes::from).collect(),
            }
        });
        let cosigned = self.wanted.cosigned.then(|| {
            let mut note = checkpoint(self.cosigned_at);
            for witness in ["zhou", "wu"] {
                note = cosign(&note, witness, self.cast.key(witness), self.time).unwrap();
            }
            let consistency = tree.consistency(self.cosigned_at as u64);
            Cosigned {
                checkpoint: note,
                consistency: consistency.into_iter().map(Bytes::from).collect(),
            }
        });
        let summary = read(suite, &self.lines);
        Bundle {
            schema: SCHEMA.to_owned(),
            number: "XH-2026-001".to_owned(),
            request: self.request.to_string(),
            issued: self.time,
            program: Program { name: "sealkeep".to_owned(), version: "0.1.0".to_owned() },
            store: StoreIdentity {
                id: data_encoding::HEXLOWER.encode(&STORE),
                suite: suite.name().to_owned(),
                key: sealkeep_keystore::approval::OfficerKey(key.verifying_key()).to_string(),
                created: BEGIN,
                incarnation: 1,
            },
            genesis: Digest(self.genesis).to_string(),
            entries: entries.collect(),
            inventory: Inventory { root: summary.root.to_string(), lines: self.lines.clone() },
            execution: Bytes(self.execution.clone()),
            wipe_reports: (self.wanted.files > 0)
                .then(|| Bytes(self.report.clone()))
                .into_iter()
                .collect(),
            inspection: Some(Bytes(self.inspection.clone())),
            checkpoint: checkpoint(self.bodies.len()),
            cosigned: cosigned.into_iter().collect(),
            proof: String::new(),
            claims: Vec::new(),
            residual: Vec::new(),
            not_covered: Vec::new(),
        }
    }
}

/// The lines of an inventory: objects, the review key, files, media.
fn inventory(wanted: Wanted) -> (Vec<String>, sealkeep_keystore::approval::Summary) {
    let mut lines = Vec::new();
    for at in 0..wanted.keys() + wanted.files + wanted.media {
        let kind = match at {
            at if at < wanted.objects => ItemKind::Object,
            at if at < wanted.keys() => ItemKind::Key,
            at if at < wanted.keys() + wanted.files => ItemKind::File,
            _ => ItemKind::Medium,
        };
        lines.push(item(wanted.suite, at, kind).line());
    }
    let summary = read(wanted.suite, &lines);
    (lines, summary)
}

fn item(suite: Suite, at: u64, kind: ItemKind) -> Item {
    let keyed = matches!(kind, ItemKind::Object | ItemKind::Key);
    let object = kind == ItemKind::Object;
    let fake = |what: &[u8]| hash(suite, &[what, &at.to_be_bytes()]);
    let id = |what: &[u8]| KeyId(fake(what)[..16].try_into().unwrap());
    Item {
        item: at,
        kind,
        key: keyed.then(|| id(b"key")),
        scope: keyed.then_some(KeyId([3; 16])),
        state: keyed.then_some(sealkeep_keystore::KeyState::Active),
        held: false,
        level: keyed.then_some(3),
        suite: keyed.then_some(suite),
        created: keyed.then_some(BEGIN - 10_000_000),
        size: (object || kind == ItemKind::File).then_some(12_345 + at),
        digest: object.then(|| {
            format!(
                "{}:{}",
                if suite == Suite::Sm4Gcm { "sm3" } else { "sha256" },
                Digest(fake(b"data"))
            )
            .parse()
            .unwrap()
        }),
        tag: object.then(|| fake(b"tag")[..16].try_into().unwrap()),
        method: match kind {
            ItemKind::File => Method::Wipe("zero".to_owned()),
            ItemKind::Medium => Method::Physical,
            _ => Method::CryptoErase { wipe: None },
        },
        copies: if object { vec![0] } else { Vec::new() },
        class: object.then(|| Extra::new("outpatient").unwrap()),
        due: object.then_some(BEGIN - 1_000_000),
        extra: (kind == ItemKind::Medium).then(|| Extra::new("硬盘 serial 4711, 2 mm").unwrap()),
    }
}

fn read(suite: Suite, lines: &[String]) -> sealkeep_keystore::approval::Summary {
    let mut reader = Reader::new(suite);
    for line in lines {
        reader.push(line).unwrap();
    }
    reader.finish().unwrap().summary
}
