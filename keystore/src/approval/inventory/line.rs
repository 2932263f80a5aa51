//! One line for one item, in one form.

use std::fmt::{self, Write as _};
use std::str::FromStr;

use data_encoding::HEXLOWER;
use sealkeep_crypto::Suite;
use serde::{Deserialize, Serialize};

use super::super::digest;
use super::super::text::Text;
use super::{Item, MAX_LINE};
use crate::id::KeyId;

/// What an item is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ItemKind {
    /// An object of a vault.
    Object,
    /// A sealed file.
    Sealed,
    /// A key of which nothing else is known.
    Key,
    /// A whole scope; its keys follow as items of their own.
    Scope,
    /// A file to be wiped.
    File,
    /// A device to be wiped.
    Device,
    /// Destroyed by others: only recorded.
    Medium,
}

/// How an item is destroyed: `crypto-erase`, `crypto-erase+METHOD`, a method of `wipe`, or `physical`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Method {
    /// Its key is destroyed, and what is left may be overwritten too.
    CryptoErase {
        /// The method for what is left.
        wipe: Option<String>,
    },
    /// It is overwritten.
    Wipe(String),
    /// Others destroy it.
    Physical,
}

/// The digest of a ciphertext.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ItemDigest {
    /// Which hash: `sha256` or `sm3`.
    pub suite: Suite,
    /// Its value.
    pub bytes: [u8; 32],
}

/// Free text of an item, at most 1,000 bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extra(String);

/// Why a line was not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotALine {
    /// Longer than [`MAX_LINE`].
    #[error("a line has at most {MAX_LINE} bytes")]
    TooLong,
    /// A member is missing, out of order, or there is one too many.
    #[error("`{0}` is not where it should be")]
    Member(&'static str),
    /// A value is not of its kind.
    #[error("the value of `{0}` cannot be read")]
    Value(&'static str),
    /// The members do not fit the kind of item.
    #[error("`{0}` does not fit the kind of item")]
    Unfit(&'static str),
    /// It could be written in another way.
    #[error("the line is not in its one form")]
    Form,
}

impl Item {
    /// Reads a line, without its line feed.
    ///
    /// # Errors
    /// [`NotALine`]; a line that [`line`](Self::line) would write differently is refused.
    pub fn parse(line: &str) -> Result<Self, NotALine> {
        if line.len() > MAX_LINE {
            return Err(NotALine::TooLong);
        }
        let mut members = Members(line.split(' '));
        let item = Self {
            item: members.required("item", number)?,
            kind: members.required("kind", |text| text.parse().ok())?,
            key: members.optional("key", key_id)?,
            scope: members.optional("scope", key_id)?,
            state: members.optional("state", |text| text.parse().ok())?,
            held: members.required("held", yes_or_no)?,
            level: members.optional("level", |text| number(text).filter(|level| *level <= 5))?,
            suite: members.optional("suite", |text| text.parse().ok())?,
            created: members.optional("created", number)?,
            size: members.optional("size", number)?,
            digest: members.optional("digest", |text| text.parse().ok())?,
            tag: members.optional("tag", digest::read)?,
            method: members.required("method", |text| text.parse().ok())?,
            copies: members.optional("copies", copies)?.unwrap_or_default(),
            class: members.optional("class", Extra::decode)?,
            due: members.optional("due", number)?,
            extra: members.optional("extra", Extra::decode)?,
        };
        if members.0.next().is_some() {
            return Err(NotALine::Member("extra"));
        }
        item.check()?;
        if item.line() != line {
            return Err(NotALine::Form);
        }
        Ok(item)
    }

    /// The line, without line feed.
    #[must_use]
    pub fn line(&self) -> String {
        let mut out = String::with_capacity(384);
        let mut put = |name: &str, value: &dyn fmt::Display| {
            let blank = if out.is_empty() { "" } else { " " };
            write!(out, "{blank}{name}={value}").expect("a string takes everything");
        };
        put("item", &self.item);
        put("kind", &self.kind);
        put("key", &Known(&self.key));
        put("scope", &Known(&self.scope));
        put("state", &Known(&self.state));
        put("held", &if self.held { "yes" } else { "no" });
        put("level", &Known(&self.level));
        put("suite", &Known(&self.suite));
        put("created", &Known(&self.created));
        put("size", &Known(&self.size));
        put("digest", &Known(&self.digest));
        put("tag", &Known(&self.tag.map(|tag| HEXLOWER.encode(&tag))));
        put("method", &self.method);
        let copies: Vec<String> = self.copies.iter().map(u32::to_string).collect();
        put("copies", &Known(&Some(copies.join(",")).filter(|list| !list.is_empty())));
        put("class", &Known(&self.class));
        put("due", &Known(&self.due));
        put("extra", &Known(&self.extra));
        out
    }

    /// Whether the members fit the kind and the line would not be too long.
    ///
    /// # Errors
    /// [`NotALine`].
    pub fn check(&self) -> Result<(), NotALine> {
        let keyed = matches!(self.kind, ItemKind::Object | ItemKind::Sealed | ItemKind::Key);
        let stored = keyed || self.kind == ItemKind::Scope;
        let method = match (&self.method, self.kind) {
            (Method::CryptoErase { wipe }, ItemKind::Scope | ItemKind::Key) => wipe.is_none(),
            (Method::CryptoErase { .. }, _) => stored,
            (Method::Wipe(_), kind) => matches!(kind, ItemKind::File | ItemKind::Device),
            (Method::Physical, kind) => kind == ItemKind::Medium,
        };
        let ascending = self.copies.windows(2).all(|pair| pair[0] < pair[1]);
        let known_only_of_keys =
            self.state.is_none() && self.suite.is_none() && self.created.is_none();
        let fits = [
            ("key", self.key.is_some() == keyed),
            ("scope", self.scope.is_some() == stored),
            ("state", keyed == self.state.is_some()),
            ("suite", keyed || known_only_of_keys),
            ("held", stored || !self.held),
            ("level", stored || self.kind == ItemKind::Medium || self.level.is_none()),
            ("method", method),
            ("copies", ascending),
            ("class", self.kind == ItemKind::Object || self.class.is_none()),
            ("due", self.class.is_some() || self.due.is_none()),
            ("extra", self.kind == ItemKind::Medium || self.extra.is_none()),
        ];
        match fits.iter().find(|(_, fits)| !fits) {
            Some((name, _)) => Err(NotALine::Unfit(name)),
            None => Ok(()),
        }
    }
}

impl Extra {
    /// `None` for nothing, more than 1,000 bytes, or what a [`Text`] does not take.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let good = (1..=1000).contains(&text.len()) && Text::try_from(text).is_ok();
        good.then(|| Self(text.to_owned()))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Reads what a line has; `None` if it is nothing, or no such text.
    #[must_use]
    pub fn decode(text: &str) -> Option<Self> {
        if text == "-" {
            return None;
        }
        let mut bytes = Vec::with_capacity(text.len());
        let mut rest = text.as_bytes();
        while let [first, after @ ..] = rest {
            if *first == b'%' {
                let (digits, after) = after.split_at_checked(2)?;
                bytes.push(data_encoding::HEXUPPER.decode(digits).ok()?[0]);
                rest = after;
            } else {
                bytes.push(*first);
                rest = after;
            }
        }
        Self::new(&String::from_utf8(bytes).ok()?)
    }
}

impl fmt::Display for Extra {
    /// Percent-encodes all but RFC 3986's unreserved letters, and a lone hyphen, which means that nothing is known.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for byte in self.0.bytes() {
            let plain = byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~');
            if plain && self.0 != "-" {
                f.write_char(char::from(byte))?;
            } else {
                write!(f, "%{byte:02X}")?;
            }
        }
        Ok(())
    }
}

impl ItemKind {
    /// Every kind.
    pub const ALL: [Self; 7] = [
        Self::Object,
        Self::Sealed,
        Self::Key,
        Self::Scope,
        Self::File,
        Self::Device,
        Self::Medium,
    ];

    /// The name in lines.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Object => "object",
            Self::Sealed => "sealed",
            Self::Key => "key",
            Self::Scope => "scope",
            Self::File => "file",
            Self::Device => "device",
            Self::Medium => "medium",
        }
    }
}

impl fmt::Display for ItemKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for ItemKind {
    type Err = NotALine;

    fn from_str(name: &str) -> Result<Self, NotALine> {
        let found = Self::ALL.into_iter().find(|kind| kind.name() == name);
        found.ok_or(NotALine::Value("kind"))
    }
}

impl Method {
    /// The method of overwriting, if anything is overwritten.
    #[must_use]
    pub fn wipe(&self) -> Option<&str> {
        match self {
            Self::CryptoErase { wipe } => wipe.as_deref(),
            Self::Wipe(method) => Some(method),
            Self::Physical => None,
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CryptoErase { wipe: None } => f.write_str(CRYPTO_ERASE),
            Self::CryptoErase { wipe: Some(method) } => write!(f, "{CRYPTO_ERASE}+{method}"),
            Self::Wipe(method) => f.write_str(method),
            Self::Physical => f.write_str(PHYSICAL),
        }
    }
}

impl FromStr for Method {
    type Err = NotALine;

    fn from_str(text: &str) -> Result<Self, NotALine> {
        let method = match text.split_once('+') {
            None if text == CRYPTO_ERASE => return Ok(Self::CryptoErase { wipe: None }),
            None if text == PHYSICAL => return Ok(Self::Physical),
            None => text,
            Some((CRYPTO_ERASE, method)) => method,
            Some(_) => return Err(NotALine::Value("method")),
        };
        if !is_method(method) || method == CRYPTO_ERASE || method == PHYSICAL {
            return Err(NotALine::Value("method"));
        }
        let method = method.to_owned();
        let alone = !text.contains('+');
        Ok(if alone { Self::Wipe(method) } else { Self::CryptoErase { wipe: Some(method) } })
    }
}

impl fmt::Display for ItemDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", hash_name(self.suite), HEXLOWER.encode(&self.bytes))
    }
}

impl FromStr for ItemDigest {
    type Err = NotALine;

    fn from_str(text: &str) -> Result<Self, NotALine> {
        let read = || {
            let (name, digits) = text.split_once(':')?;
            let suite = Suite::ALL.into_iter().find(|suite| hash_name(*suite) == name)?;
            Some(Self { suite, bytes: digest::read(digits)? })
        };
        read().ok_or(NotALine::Value("digest"))
    }
}

/// Whether this could be the name of a method of `wipe`.
pub(in super::super) fn is_method(text: &str) -> bool {
    let letter = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'-' | b'_');
    (1..=64).contains(&text.len()) && text != "-" && text.bytes().all(letter)
}

const CRYPTO_ERASE: &str = "crypto-erase";
const PHYSICAL: &str = "physical";

/// What is not known is a hyphen.
struct Known<'v, T>(&'v Option<T>);

impl<T: fmt::Display> fmt::Display for Known<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(value) => value.fmt(f),
            None => f.write_str("-"),
        }
    }
}

/// The members of a line, which are read in turn.
struct Members<'l>(std::str::Split<'l, char>);

impl<'l> Members<'l> {
    fn required<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&'l str) -> Option<T>,
    ) -> Result<T, NotALine> {
        read(self.value(name)?).ok_or(NotALine::Value(name))
    }

    fn optional<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&'l str) -> Option<T>,
    ) -> Result<Option<T>, NotALine> {
        match self.value(name)? {
            "-" => Ok(None),
            text => read(text).map(Some).ok_or(NotALine::Value(name)),
        }
    }

    fn value(&mut self, name: &'static str) -> Result<&'l str, NotALine> {
        let (found, value) = self
            .0
            .next()
            .and_then(|member| member.split_once('='))
            .ok_or(NotALine::Member(name))?;
        if found == name { Ok(value) } else { Err(NotALine::Member(name)) }
    }
}

fn number<T: FromStr>(text: &str) -> Option<T> {
    text.parse().ok()
}

fn key_id(text: &str) -> Option<KeyId> {
    digest::read(text).map(KeyId)
}

fn yes_or_no(text: &str) -> Option<bool> {
    match text {
        "yes" => Some(true),
        "no" => Some(false),
        _ => None,
    }
}

fn copies(text: &str) -> Option<Vec<u32>> {
    text.split(',').map(number).collect()
}

fn hash_name(suite: Suite) -> &'static str {
    match suite {
        Suite::Aes256Gcm => "sha256",
        Suite::Sm4Gcm => "sm3",
    }
}
