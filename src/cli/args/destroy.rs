//! `destroy …`, `hold …` and `break-glass …`: what takes signatures of officers.

use std::path::PathBuf;

use clap::{ArgGroup, Args, Subcommand, ValueEnum, ValueHint};

/// The `destroy` commands.
#[derive(Subcommand)]
pub(crate) enum DestroyCommand {
    Request(Box<DestroyRequest>),
    Next,
    List(DestroyList),
    Status(DestroyStatus),
    Review(DestroyReview),
    Export(DestroyExport),
    Import(DestroyImport),
    Approve(DestroySay),
    Reject(DestroySay),
    Withdraw(DestroySay),
    Cancel(DestroySay),
    Resume(DestroySay),
    Execute(DestroyExecute),
    Witness(DestroyWitness),
    Inspect(DestroyInspect),
    Certify(DestroyCertify),
}

/// `destroy request`
#[derive(Args)]
pub(crate) struct DestroyRequest {
    #[command(flatten)]
    pub(crate) what: What,
    #[arg(long, value_name = "TEXT")]
    pub(crate) number: Option<String>,
    #[arg(long, value_name = "CODE")]
    pub(crate) trigger: Option<TriggerArg>,
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: Option<String>,
    #[arg(long, value_name = "TEXT")]
    pub(crate) basis: Option<String>,
    #[arg(long, value_name = "NAME", default_value = "")]
    pub(crate) owner: String,
    #[arg(long, value_name = "NAME")]
    pub(crate) department: Option<String>,
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub(crate) remark: String,
    #[arg(long, short = 'n')]
    pub(crate) dry_run: bool,
    #[arg(long, short)]
    pub(crate) yes: bool,
}

/// What is to be destroyed: any of these, together.
#[derive(Args)]
#[group(skip)]
#[command(group = ArgGroup::new("what").multiple(true))]
pub(crate) struct What {
    #[arg(long, value_name = "NAME", group = "what")]
    pub(crate) scope: Vec<String>,
    #[arg(long, value_name = "ID", group = "what")]
    pub(crate) subject: Vec<String>,
    #[arg(long, value_name = "PATTERN", group = "what")]
    pub(crate) query: Vec<String>,
    #[arg(long, value_name = "ID", group = "what")]
    pub(crate) snapshot: Vec<String>,
    #[arg(long, value_name = "PATH", group = "what")]
    pub(crate) path: Vec<String>,
    #[arg(long, group = "what")]
    pub(crate) retention_due: bool,
    #[arg(long, value_name = "FILE", group = "what", value_hint = ValueHint::AnyPath)]
    pub(crate) sealed: Vec<PathBuf>,
    #[arg(long, value_name = "PATH", group = "what", value_hint = ValueHint::AnyPath)]
    pub(crate) wipe: Vec<PathBuf>,
    #[arg(long, value_name = "DEV", group = "what", value_hint = ValueHint::FilePath)]
    pub(crate) device: Vec<PathBuf>,
    #[arg(long, value_name = "TEXT", group = "what")]
    pub(crate) medium: Vec<String>,
    #[arg(long, value_name = "ID", requires = "what")]
    pub(crate) method: Option<String>,
    #[arg(long, requires = "what")]
    pub(crate) unclassified: bool,
    #[arg(long, value_name = "NAME", requires = "medium")]
    pub(crate) vendor: Option<String>,
    #[arg(long, value_name = "TEXT", requires = "medium")]
    pub(crate) particle: Option<String>,
    #[arg(long, value_name = "FILE", requires = "medium", value_hint = ValueHint::FilePath)]
    pub(crate) evidence: Vec<PathBuf>,
}

impl What {
    /// Whether nothing was chosen.
    pub(crate) fn is_empty(&self) -> bool {
        let texts =
            [&self.scope, &self.subject, &self.query, &self.snapshot, &self.path, &self.medium];
        let paths = [&self.sealed, &self.wipe, &self.device];
        let chosen = texts.iter().any(|chosen| !chosen.is_empty());
        !chosen && paths.iter().all(|chosen| chosen.is_empty()) && !self.retention_due
    }
}

/// Why data is destroyed.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum TriggerArg {
    RetentionExpired,
    ServiceEnded,
    PurposeMet,
    PurposeImpossible,
    ConsentWithdrawn,
    Unlawful,
    Other,
}

/// `destroy list`
#[derive(Args)]
pub(crate) struct DestroyList {
    #[arg(long, value_name = "ID")]
    pub(crate) officer: Option<String>,
    #[arg(long)]
    pub(crate) all: bool,
}

/// `destroy status`
#[derive(Args)]
pub(crate) struct DestroyStatus {
    #[arg(value_name = "REQUEST")]
    pub(crate) request: String,
}

/// `destroy review`
#[derive(Args)]
pub(crate) struct DestroyReview {
    #[arg(value_name = "REQUEST", required_unless_present = "packet")]
    pub(crate) request: Option<String>,
    #[arg(long, value_name = "FILE", conflicts_with = "request", value_hint = ValueHint::FilePath)]
    pub(crate) packet: Option<PathBuf>,
    #[arg(long, value_name = "TEXT")]
    pub(crate) search: Option<String>,
    #[arg(long, value_name = "N", default_value = "10")]
    pub(crate) sample: usize,
}

/// `destroy export`
#[derive(Args)]
pub(crate) struct DestroyExport {
    #[arg(value_name = "REQUEST")]
    pub(crate) request: String,
    #[arg(long, short, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) output: PathBuf,
    #[arg(long)]
    pub(crate) names: bool,
}

/// `destroy import`
#[derive(Args)]
pub(crate) struct DestroyImport {
    #[arg(value_name = "FILE", required = true, value_hint = ValueHint::FilePath)]
    pub(crate) files: Vec<PathBuf>,
}

/// `destroy approve`, `reject`, `withdraw`, `cancel`, `resume`
#[derive(Args)]
pub(crate) struct DestroySay {
    #[arg(value_name = "REQUEST", required_unless_present = "packet")]
    pub(crate) request: Option<String>,
    #[arg(long, value_name = "FILE", conflicts_with = "request", requires = "out")]
    #[arg(value_hint = ValueHint::FilePath)]
    pub(crate) packet: Option<PathBuf>,
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub(crate) opinion: String,
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) out: Option<PathBuf>,
    #[arg(long, short)]
    pub(crate) yes: bool,
}

/// `destroy witness`
#[derive(Args)]
pub(crate) struct DestroyWitness {
    #[arg(value_name = "REQUEST")]
    pub(crate) request: String,
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub(crate) opinion: String,
    #[arg(long, short)]
    pub(crate) yes: bool,
}

/// `destroy execute`
#[derive(Args)]
pub(crate) struct DestroyExecute {
    #[arg(value_name = "REQUEST")]
    pub(crate) request: String,
    #[arg(long, short = 'n')]
    pub(crate) dry_run: bool,
    #[arg(long, short)]
    pub(crate) yes: bool,
}

/// `destroy inspect`
#[derive(Args)]
pub(crate) struct DestroyInspect {
    #[arg(value_name = "REQUEST")]
    pub(crate) request: String,
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) backup: Vec<PathBuf>,
    #[arg(long, value_name = "N", default_value_t = DestroyInspect::OTHERS)]
    pub(crate) others: usize,
    #[arg(long, short)]
    pub(crate) yes: bool,
}

impl DestroyInspect {
    /// How many other objects are tried unless told.
    pub(crate) const OTHERS: usize = 1000;
}

/// `destroy certify`
#[derive(Args)]
pub(crate) struct DestroyCertify {
    #[arg(value_name = "REQUEST")]
    pub(crate) request: String,
    #[arg(long, short, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) output: PathBuf,
}

/// The `hold` commands.
#[derive(Subcommand)]
pub(crate) enum HoldCommand {
    Place(HoldPlace),
    Review(HoldReview),
    Release(HoldRelease),
    List,
}

/// `hold place`
#[derive(Args)]
pub(crate) struct HoldPlace {
    #[arg(long, value_name = "NAME", required_unless_present = "key")]
    pub(crate) scope: Vec<String>,
    #[arg(long, value_name = "ID")]
    pub(crate) key: Vec<String>,
    #[arg(long, value_name = "CODE")]
    pub(crate) reason: HoldReasonArg,
    #[arg(long, value_name = "TEXT")]
    pub(crate) basis: String,
    #[arg(long, value_name = "DAYS", default_value = "180")]
    pub(crate) review_days: u32,
}

/// Why data is kept from everybody.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum HoldReasonArg {
    StatutoryRetention,
    TechnicallyHard,
    LegalProceedings,
    Other,
}

/// `hold review`
#[derive(Args)]
pub(crate) struct HoldReview {
    #[arg(value_name = "HOLD")]
    pub(crate) hold: String,
    #[arg(long, value_name = "DAYS", default_value = "180")]
    pub(crate) review_days: u32,
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub(crate) opinion: String,
}

/// `hold release`
#[derive(Args)]
pub(crate) struct HoldRelease {
    #[arg(value_name = "HOLD")]
    pub(crate) hold: String,
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub(crate) opinion: String,
    #[arg(long, value_name = "OFFICER", required = true)]
    pub(crate) with: Vec<String>,
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) out: PathBuf,
}

/// The `break-glass` commands.
#[derive(Subcommand)]
pub(crate) enum BreakGlassCommand {
    Begin(BreakGlassBegin),
    Justify(BreakGlassJustify),
    List,
}

/// `break-glass begin`
#[derive(Args)]
pub(crate) struct BreakGlassBegin {
    #[arg(long, value_name = "NAME", required_unless_present = "everything")]
    pub(crate) scope: Vec<String>,
    #[arg(long, conflicts_with = "scope")]
    pub(crate) everything: bool,
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: String,
    #[arg(long, value_name = "HOURS", default_value = "4")]
    pub(crate) hours: u32,
}

/// `break-glass justify`
#[derive(Args)]
pub(crate) struct BreakGlassJustify {
    #[arg(value_name = "GRANT")]
    pub(crate) grant: String,
    #[arg(long, value_name = "TEXT")]
    pub(crate) text: String,
}
