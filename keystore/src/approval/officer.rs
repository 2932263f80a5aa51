//! Officers: who they are, what they may do, which key is theirs (`docs/spec/approval.md` §4).

use std::fmt;
use std::str::FromStr;

use data_encoding::HEXLOWER;
use sealkeep_crypto::{Suite, VerifyingKey};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::text::Name;

/// The id of an officer: 1 to 64 of `a–z 0–9 . _ -`, beginning with a letter.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct OfficerId(String);

/// What names a human being, such as a staff number: 1 to 64 of `a–z 0–9 . _ -`. All rules count these.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Person(String);

/// The text is not an id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an id is 1 to 64 of a-z, 0-9, '.', '_' and '-'; an officer's begins with a letter")]
pub struct NotAnId;

/// What an officer may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Changes officers and policy.
    Authority,
    /// Asks for destruction.
    DataAdministrator,
    /// Reviews whether it complies.
    DepartmentHead,
    /// Approves, for the legal department.
    Legal,
    /// Approves, for information security.
    Security,
    /// Carries destruction out.
    Executor,
    /// Was present.
    Witness,
    /// Tries to open what was destroyed.
    Inspector,
    /// Reads the ledger.
    Auditor,
    /// Administers the key store.
    KeyAdministrator,
    /// Seals, backs up, restores.
    Operator,
}

/// An officer as enrolled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Officer {
    /// The id.
    pub id: OfficerId,
    /// The name, for people.
    pub name: Name,
    /// The human being.
    pub person: Person,
    /// What the officer may be; each once.
    pub roles: Vec<Role>,
    /// The officer's public key.
    pub key: OfficerKey,
    /// What shows that the officer has learnt to execute.
    #[serde(deserialize_with = "Option::deserialize")]
    pub qualification: Option<Qualification>,
}

/// A certificate of qualification.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Qualification {
    /// Its number.
    pub number: Name,
    /// Unix seconds at which it expires.
    pub until: u64,
}

/// A public key, written `ed25519:` or `sm2:` and hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfficerKey(pub VerifyingKey);

/// Whether an officer may sign.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum OfficerState {
    /// Signs.
    Active,
    /// Signs nothing until reinstated.
    Suspended,
    /// Has left, or is about to: signs nothing, and is to be revoked within [`LEAVER_LIMIT`].
    Leaving {
        /// Unix seconds.
        left: u64,
    },
    /// Signs nothing ever again.
    Revoked {
        /// Unix seconds by the ledger.
        at: u64,
        /// Whether somebody else may have had the key.
        compromised: bool,
    },
}

/// Why an officer cannot be as described.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotAnOfficer {
    /// No roles, or one twice.
    #[error("an officer has one role or more, each once")]
    Roles,
    /// Roles that exclude each other.
    #[error("nobody is both {} and {}", .0.name(), .1.name())]
    Exclusion(Role, Role),
    /// The key is of another suite than the key store.
    #[error("the key is not of the key store's suite")]
    Suite,
}

/// Within so many seconds whoever leaves is to be revoked.
pub const LEAVER_LIMIT: u64 = 72 * 3600;

impl Officer {
    /// Whether the officer can be enrolled in a key store of this suite.
    ///
    /// # Errors
    /// [`NotAnOfficer`].
    pub fn check(&self, suite: Suite) -> Result<(), NotAnOfficer> {
        let twice = |(at, role): (usize, &Role)| self.roles[..at].contains(role);
        if self.roles.is_empty() || self.roles.iter().enumerate().any(twice) {
            return Err(NotAnOfficer::Roles);
        }
        let both = |(a, b): &&(Role, Role)| self.roles.contains(a) && self.roles.contains(b);
        if let Some((a, b)) = EXCLUSIONS.iter().find(both) {
            return Err(NotAnOfficer::Exclusion(*a, *b));
        }
        if self.key.0.suite() != suite {
            return Err(NotAnOfficer::Suite);
        }
        Ok(())
    }

    /// Whether the officer has one of these roles.
    #[must_use]
    pub fn has(&self, roles: &[Role]) -> bool {
        roles.iter().any(|role| self.roles.contains(role))
    }
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 11] = [
        Self::Authority,
        Self::DataAdministrator,
        Self::DepartmentHead,
        Self::Legal,
        Self::Security,
        Self::Executor,
        Self::Witness,
        Self::Inspector,
        Self::Auditor,
        Self::KeyAdministrator,
        Self::Operator,
    ];

    /// The name in statements and policies.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Authority => "authority",
            Self::DataAdministrator => "data-administrator",
            Self::DepartmentHead => "department-head",
            Self::Legal => "legal",
            Self::Security => "security",
            Self::Executor => "executor",
            Self::Witness => "witness",
            Self::Inspector => "inspector",
            Self::Auditor => "auditor",
            Self::KeyAdministrator => "key-administrator",
            Self::Operator => "operator",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// No role has this name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not the name of a role")]
pub struct NotARole;

impl FromStr for Role {
    type Err = NotARole;

    fn from_str(name: &str) -> Result<Self, NotARole> {
        Self::ALL.into_iter().find(|role| role.name() == name).ok_or(NotARole)
    }
}

impl OfficerState {
    /// The name in `--json` and on the command line.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::Leaving { .. } => "leaving",
            Self::Revoked { .. } => "revoked",
        }
    }
}

impl OfficerId {
    /// The id.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Person {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for OfficerId {
    type Error = NotAnId;

    fn try_from(text: String) -> Result<Self, NotAnId> {
        let letter = text.bytes().next().is_some_and(|byte| byte.is_ascii_lowercase());
        if letter && is_id(&text) { Ok(Self(text)) } else { Err(NotAnId) }
    }
}

impl TryFrom<String> for Person {
    type Error = NotAnId;

    fn try_from(text: String) -> Result<Self, NotAnId> {
        if is_id(&text) { Ok(Self(text)) } else { Err(NotAnId) }
    }
}

impl FromStr for OfficerId {
    type Err = NotAnId;

    fn from_str(text: &str) -> Result<Self, NotAnId> {
        text.to_owned().try_into()
    }
}

impl FromStr for Person {
    type Err = NotAnId;

    fn from_str(text: &str) -> Result<Self, NotAnId> {
        text.to_owned().try_into()
    }
}

impl From<OfficerId> for String {
    fn from(id: OfficerId) -> Self {
        id.0
    }
}

impl From<Person> for String {
    fn from(person: Person) -> Self {
        person.0
    }
}

impl fmt::Display for OfficerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Display for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Display for OfficerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", prefix(self.0.suite()), HEXLOWER.encode(&self.0.to_bytes()))
    }
}

/// The text is not a public key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a public key: `ed25519:` or `sm2:` and hexadecimal digits")]
pub struct NotAKey;

impl FromStr for OfficerKey {
    type Err = NotAKey;

    fn from_str(text: &str) -> Result<Self, NotAKey> {
        let (kind, digits) = text.split_once(':').ok_or(NotAKey)?;
        let of = |suite: &Suite| prefix(*suite) == kind;
        let suite = Suite::ALL.into_iter().find(of).ok_or(NotAKey)?;
        let bytes = HEXLOWER.decode(digits.as_bytes()).map_err(|_| NotAKey)?;
        VerifyingKey::from_bytes(suite, &bytes).map(Self).ok_or(NotAKey)
    }
}

impl Serialize for OfficerKey {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for OfficerKey {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?.parse().map_err(D::Error::custom)
    }
}

/// GB/T 39786-2021 level 3: the roles of administration are apart; and nobody inspects what they did themselves.
const EXCLUSIONS: [(Role, Role); 4] = [
    (Role::Auditor, Role::KeyAdministrator),
    (Role::Auditor, Role::Operator),
    (Role::KeyAdministrator, Role::Operator),
    (Role::Executor, Role::Inspector),
];

fn is_id(text: &str) -> bool {
    let good = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'_' | b'-');
    (1..=64).contains(&text.len()) && text.bytes().all(good)
}

fn prefix(suite: Suite) -> &'static str {
    match suite {
        Suite::Aes256Gcm => "ed25519",
        Suite::Sm4Gcm => "sm2",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sealkeep_crypto::{Secret, SigningKey};

    fn officer(roles: &[Role]) -> Officer {
        let key = SigningKey::from_seed(Suite::Sm4Gcm, &Secret::random()).verifying_key();
        Officer {
            id: "li".parse().unwrap(),
            name: "李".try_into().unwrap(),
            person: "1001".parse().unwrap(),
            roles: roles.to_vec(),
            key: OfficerKey(key),
            qualification: None,
        }
    }

    #[test]
    fn roles_exclude_each_other() {
        let check = |roles: &[Role]| officer(roles).check(Suite::Sm4Gcm);
        assert_eq!(check(&[Role::Legal, Role::Security, Role::Witness]), Ok(()));
        assert_eq!(check(&[]), Err(NotAnOfficer::Roles));
        assert_eq!(check(&[Role::Legal, Role::Legal]), Err(NotAnOfficer::Roles));
        for (a, b) in EXCLUSIONS {
            assert_eq!(check(&[b, Role::Legal, a]), Err(NotAnOfficer::Exclusion(a, b)));
        }
        assert_eq!(officer(&[Role::Legal]).check(Suite::Aes256Gcm), Err(NotAnOfficer::Suite));
    }

    #[test]
    fn ids_keys_and_roles_have_one_form() {
        for bad in ["", "1a", "Li", "l i", "李", &"a".repeat(65)] {
            assert!(bad.parse::<OfficerId>().is_err(), "{bad}");
        }
        assert!("1001".parse::<Person>().is_ok() && "A1".parse::<Person>().is_err());
        let key = officer(&[Role::Legal]).key;
        let text = key.to_string();
        assert_eq!(text.parse(), Ok(key));
        assert!(text.to_uppercase().parse::<OfficerKey>().is_err());
        assert!(text.replace("sm2", "ed25519").parse::<OfficerKey>().is_err());
        for role in Role::ALL {
            assert_eq!(role.name().parse(), Ok(role));
            assert_eq!(serde_json::to_value(role).unwrap(), role.name());
        }
    }
}
