//! Why the register does not accept something.

use super::super::digest::Digest;
use super::super::officer::{NotAnOfficer, OfficerId, Person, Role};
use super::super::policy::Problem;
use super::request::RequestState;
use crate::id::KeyId;

/// Why a statement or an event was not accepted. [`code`](Self::code) is stable.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// The entry is older than the one before, or stands before it.
    #[error("the entry is not later than the one before")]
    Order,
    /// There are no officers yet.
    #[error("there are no officers yet: the first statement is the genesis")]
    NotFounded,
    /// There are officers already.
    #[error("there is a genesis already")]
    Founded,
    /// Made for another key store.
    #[error("the statement is for another key store")]
    ForeignStore,
    /// Accepted before.
    #[error("statement {0} was accepted before")]
    Duplicate(Digest),
    /// Signed in the future.
    #[error("the statement was signed later than the ledger's time")]
    Future,
    /// Signed too long ago.
    #[error("the statement was signed too long ago")]
    Old,
    /// Names another policy than the one in force, or the request does.
    #[error("the policy in force is {0}, another one than is named")]
    Policy(Digest),
    /// The policy in force is past its review.
    #[error("the policy is past its review: only what makes things safer is accepted")]
    Unreviewed,
    /// No such officer.
    #[error("{0} is not an officer")]
    UnknownOfficer(OfficerId),
    /// The officer signs nothing now.
    #[error("{officer} is {state}")]
    NotActive {
        /// Who.
        officer: OfficerId,
        /// The name of the state.
        state: &'static str,
    },
    /// A signature is missing.
    #[error("the signature of {0} is missing")]
    Unsigned(OfficerId),
    /// A signature does not hold.
    #[error("the signature of {0} does not hold")]
    Signature(OfficerId),
    /// Too few persons sign, or more than one where it is one person's matter.
    #[error("{needed} persons have to sign, not {given}")]
    Persons {
        /// How many.
        needed: u32,
        /// How many there are.
        given: u32,
    },
    /// The officer has none of the roles.
    #[error("{officer} has none of the roles that may do this")]
    Role {
        /// Who.
        officer: OfficerId,
        /// Which would.
        roles: Vec<Role>,
    },
    /// The person has a part in the request already.
    #[error("person {0} has another part in this request")]
    SamePerson(Person),
    /// An officer cannot be so.
    #[error("{officer}: {why}")]
    Officer {
        /// Who.
        officer: OfficerId,
        /// What is wrong.
        why: NotAnOfficer,
    },
    /// The id was used before.
    #[error("the id {0} was used before")]
    IdUsed(OfficerId),
    /// The key was enrolled before.
    #[error("the key of {0} was enrolled before")]
    KeyUsed(OfficerId),
    /// The person has an officer already.
    #[error("person {person} is an officer already: {officer}")]
    PersonEnrolled {
        /// Who.
        person: Person,
        /// Under which id.
        officer: OfficerId,
    },
    /// The officer that is replaced is another person, or revoked.
    #[error("{0} cannot be replaced by this officer")]
    Replaces(OfficerId),
    /// The officer's state does not allow it.
    #[error("{officer} is {state} already")]
    OfficerState {
        /// Who.
        officer: OfficerId,
        /// The name of the state.
        state: &'static str,
    },
    /// Those who could change officers and policy would be too few.
    #[error("{needed} persons with authority are needed, and there are {given}")]
    Authority {
        /// How many.
        needed: u32,
        /// How many there are.
        given: u32,
    },
    /// The policy cannot be put in force.
    #[error("the policy cannot be put in force: {0}")]
    BadPolicy(Box<Problem>),
    /// The version does not rise.
    #[error("version {given} of the policy does not come after version {in_force}")]
    Version {
        /// In force.
        in_force: u32,
        /// Given.
        given: u32,
    },
    /// The policy begins later, or is past its review already.
    #[error("the policy does not apply today")]
    NotEffective,
    /// The request is not what it should be.
    #[error("the request contradicts itself: {0}")]
    Request(&'static str),
    /// The number was used before.
    #[error("the number of the request was used before")]
    Number,
    /// No such request.
    #[error("there is no request {0}")]
    UnknownRequest(Digest),
    /// The request's state does not allow it.
    #[error("the request is {}", .0.name())]
    State(RequestState),
    /// Another inventory than the request's.
    #[error("the inventory is another one than the request's")]
    Inventory,
    /// Not the next step.
    #[error("the next step is {next}, not {given}")]
    Step {
        /// The next.
        next: u32,
        /// The one approved.
        given: u32,
    },
    /// Not the applicant.
    #[error("only {0} can do this")]
    NotYours(OfficerId),
    /// Keys or scopes on hold are among what is to be destroyed.
    #[error("something in the inventory is on hold")]
    Held,
    /// The store has begun to destroy something that is to be held.
    #[error(
        "the destruction of something in it has begun with request {0}: it is too late to hold it"
    )]
    Begun(Digest),
    /// The time to wait is not over.
    #[error("{left} seconds of the waiting period are left")]
    Waiting {
        /// So many seconds that count.
        left: u64,
    },
    /// The time from request to execution is over.
    #[error("the request has expired")]
    Expired,
    /// It has not expired.
    #[error("the request has not expired")]
    NotExpired,
    /// An alarm paused it.
    #[error("an attempt to use its keys paused the request; somebody has to resume it")]
    Paused,
    /// Nothing to resume, or the statement was signed before the alarm.
    #[error("the request is not paused, or this was signed before the alarm")]
    NotPaused,
    /// The clock is in doubt.
    #[error("the clock was set: two persons with authority have to say that it is right")]
    Clock,
    /// The clock is not in doubt, or the statement was signed before the alarm.
    #[error("the clock is not in doubt, or this was signed before the alarm")]
    NoClockAlarm,
    /// The executor has no valid qualification.
    #[error("the qualification of {0} is missing or has expired")]
    Unqualified(OfficerId),
    /// Another record of execution.
    #[error("the record of execution is another one than the store's")]
    Execution,
    /// The store began without this order.
    #[error("there is no order to execute this request")]
    NoOrder,
    /// No such hold.
    #[error("there is no hold {0}")]
    UnknownHold(Digest),
    /// The hold is over.
    #[error("hold {0} was released before")]
    Released(Digest),
    /// Nothing is held, or a target stands twice.
    #[error("the targets are none, or not each named once")]
    Targets(Option<KeyId>),
    /// Past, or later than the policy allows.
    #[error("the time {given} is past, or later than {latest}")]
    Until {
        /// Unix seconds.
        given: u64,
        /// Unix seconds.
        latest: u64,
    },
    /// No such grant.
    #[error("there is no grant {0}")]
    UnknownGrant(Digest),
    /// Explained already.
    #[error("grant {0} was explained before")]
    Justified(Digest),
}

impl Refusal {
    /// A name that never changes, for programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Order => "entry-order",
            Self::NotFounded => "no-genesis",
            Self::Founded => "second-genesis",
            Self::ForeignStore => "foreign-store",
            Self::Duplicate(_) => "duplicate",
            Self::Future => "signed-in-future",
            Self::Old => "signed-too-long-ago",
            Self::Policy(_) => "other-policy",
            Self::Unreviewed => "policy-unreviewed",
            Self::UnknownOfficer(_) => "unknown-officer",
            Self::NotActive { .. } => "officer-not-active",
            Self::Unsigned(_) => "signature-missing",
            Self::Signature(_) => "signature-invalid",
            Self::Persons { .. } => "persons",
            Self::Role { .. } => "role",
            Self::SamePerson(_) => "same-person",
            Self::Officer { .. } => "officer-invalid",
            Self::IdUsed(_) => "id-used",
            Self::KeyUsed(_) => "key-used",
            Self::PersonEnrolled { .. } => "person-enrolled",
            Self::Replaces(_) => "replaces",
            Self::OfficerState { .. } => "officer-state",
            Self::Authority { .. } => "authority",
            Self::BadPolicy(_) => "policy-invalid",
            Self::Version { .. } => "policy-version",
            Self::NotEffective => "policy-not-effective",
            Self::Request(_) => "request-invalid",
            Self::Number => "number-used",
            Self::UnknownRequest(_) => "unknown-request",
            Self::State(_) => "request-state",
            Self::Inventory => "other-inventory",
            Self::Step { .. } => "step",
            Self::NotYours(_) => "not-yours",
            Self::Held => "held",
            Self::Begun(_) => "destruction-begun",
            Self::Waiting { .. } => "waiting",
            Self::Expired => "expired",
            Self::NotExpired => "not-expired",
            Self::Paused => "paused",
            Self::NotPaused => "not-paused",
            Self::Clock => "clock-in-doubt",
            Self::NoClockAlarm => "clock-not-in-doubt",
            Self::Unqualified(_) => "unqualified",
            Self::Execution => "other-execution",
            Self::NoOrder => "no-order",
            Self::UnknownHold(_) => "unknown-hold",
            Self::Released(_) => "released",
            Self::Targets(_) => "targets",
            Self::Until { .. } => "until",
            Self::UnknownGrant(_) => "unknown-grant",
            Self::Justified(_) => "justified",
        }
    }
}
