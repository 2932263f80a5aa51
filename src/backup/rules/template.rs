//! Text with named parts: the names of scopes, and subjects.

use std::borrow::Cow;

use sealkeep_crypto::{Suite, hash};

use super::error::Problem;
use super::pattern::is_name;

/// Text with numbers of a pattern's parts in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Template(Vec<Piece>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    Part(usize),
}

impl Template {
    /// Reads a text in which `{name}` stands for one of `names`.
    pub(super) fn parse(text: &str, names: &[String]) -> Result<Self, Problem> {
        if text.len() > MAX_NAME || text.chars().any(char::is_control) {
            return Err(Problem::Label(text.to_owned()));
        }
        let mut pieces = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            let (literal, after) = rest.split_once('{').map_or((rest, None), |(a, b)| (a, Some(b)));
            if literal.contains('}') {
                return Err(Problem::Brace(text.to_owned()));
            }
            if !literal.is_empty() {
                pieces.push(Piece::Text(literal.to_owned()));
            }
            rest = "";
            if let Some(after) = after {
                let brace = || Problem::Brace(text.to_owned());
                let (name, after) = after.split_once('}').ok_or_else(brace)?;
                pieces.push(Piece::Part(number_of(name, names)?));
                rest = after;
            }
        }
        Ok(Self(pieces))
    }

    /// Reads the name of a scope.
    pub(super) fn scope(text: &str, names: &[String]) -> Result<Self, Problem> {
        let template = Self::parse(text, names)?;
        let first = text.split('/').next().unwrap_or_default();
        if text.split('/').any(|component| matches!(component, "" | "." | "..")) {
            return Err(Problem::Scope(text.to_owned()));
        }
        if RESERVED.contains(&first) {
            return Err(Problem::Reserved(first.to_owned()));
        }
        Ok(template)
    }

    /// The text with the parts of a path in it.
    pub(super) fn render(&self, captures: &[&[u8]]) -> String {
        let mut text = String::new();
        for piece in &self.0 {
            match piece {
                Piece::Text(literal) => text.push_str(literal),
                Piece::Part(number) => text.push_str(&escape(captures[*number])),
            }
        }
        text
    }

    /// As [`Template::render`], as the name of a scope that the key store takes.
    pub(super) fn render_scope(&self, captures: &[&[u8]], suite: Suite) -> String {
        let text = self.render(captures);
        // A part alone may be `.`, `..` or the name of a scope of our own.
        let reserved = RESERVED.contains(&text.split('/').next().unwrap_or_default());
        let text = if reserved { escape_first(&text) } else { text };
        let text = if text.split('/').any(|component| matches!(component, "." | "..")) {
            let component = |component: &str| match component {
                "." | ".." => component.replace('.', "%2E"),
                other => other.to_owned(),
            };
            text.split('/').map(component).collect::<Vec<_>>().join("/")
        } else {
            text
        };
        if text.len() > MAX_NAME { shorten(&text, suite) } else { text }
    }
}

/// The number of a named part.
pub(super) fn number_of(name: &str, names: &[String]) -> Result<usize, Problem> {
    if !is_name(name) {
        return Err(Problem::Name(name.to_owned()));
    }
    names.iter().position(|other| other == name).ok_or_else(|| Problem::Unknown(name.to_owned()))
}

/// Bytes of a path as text, so that different bytes are different text.
pub(super) fn escape(bytes: &[u8]) -> Cow<'_, str> {
    let plain = |text: &str| !text.chars().any(|char| char == '%' || char.is_control());
    if let Ok(text) = std::str::from_utf8(bytes)
        && plain(text)
    {
        return Cow::Borrowed(text);
    }
    let mut out = String::new();
    for chunk in bytes.utf8_chunks() {
        for char in chunk.valid().chars() {
            if char == '%' || char.is_control() {
                push_escaped(&mut out, char.encode_utf8(&mut [0; 4]).as_bytes());
            } else {
                out.push(char);
            }
        }
        push_escaped(&mut out, chunk.invalid());
    }
    Cow::Owned(out)
}

fn push_escaped(out: &mut String, bytes: &[u8]) {
    for byte in bytes {
        out.push_str(&format!("%{byte:02X}"));
    }
}

fn escape_first(text: &str) -> String {
    let mut out = String::new();
    push_escaped(&mut out, &text.as_bytes()[..1]);
    out + &text[1..]
}

/// The beginning of a name that is too long, and a hash of the whole.
fn shorten(name: &str, suite: Suite) -> String {
    let digest = hash(suite, &[name.as_bytes()]);
    let mut end = MAX_NAME - 1 - 2 * SHORT_HASH;
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    let mut out = format!("{}~", &name[..end]);
    for byte in &digest[..SHORT_HASH] {
        out.push_str(&format!("{byte:02x}"));
    }
    out
}

/// Bytes in the name of a scope, and in a label.
pub(super) const MAX_NAME: usize = 255;
const SHORT_HASH: usize = 16;
/// First components of the scopes that hold Sealkeep's own keys.
const RESERVED: [&str; 2] = ["vault", "sealkeep"];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn names() -> Vec<String> {
        vec!["a".to_owned(), "b".to_owned()]
    }

    fn scope(a: &[u8]) -> String {
        let template = Template::scope("{a}/files", &names()).unwrap();
        template.render_scope(&[a, b""], Suite::Aes256Gcm)
    }

    #[test]
    fn what_is_no_scope() {
        for (text, problem) in [
            ("a//b", "is not the name of a scope"),
            ("../{a}", "is not the name of a scope"),
            ("vault/x", "scopes below 'vault' are Sealkeep's own"),
            ("sealkeep", "scopes below 'sealkeep' are Sealkeep's own"),
            ("{c}", "the pattern has no '{c}'"),
            ("{A}", "'{A}' is not a name"),
            ("{a", "has a brace without the other"),
            ("a}", "has a brace without the other"),
            ("a\nb", "is not a label"),
        ] {
            let error = Template::scope(text, &names()).expect_err(text).to_string();
            assert!(error.contains(problem), "{text}: {error}");
        }
        assert!(Template::scope("", &[]).is_err());
    }

    #[test]
    fn odd_parts_stay_apart_and_legal() {
        for (part, name) in [
            (&b"0042"[..], "0042/files"),
            ("张三".as_bytes(), "张三/files"),
            (b".", "%2E/files"),
            (b"..", "%2E%2E/files"),
            (b"vault", "%76ault/files"),
            (b"sealkeep", "%73ealkeep/files"),
            (b"a\nb", "a%0Ab/files"),
            (b"100%", "100%25/files"),
            (b"\xd5\xc5", "%D5%C5/files"),
            ("\u{85}".as_bytes(), "%C2%85/files"),
        ] {
            assert_eq!(scope(part), name);
        }
    }

    #[test]
    fn long_names_end_in_a_hash() {
        let (a, b) =
            (scope("封".repeat(85).as_bytes()), scope(("封".repeat(84) + "钥").as_bytes()));
        assert_ne!(a, b);
        assert!(a.len() <= MAX_NAME && a.starts_with("封封") && a.contains('~'), "{a}");
    }

    proptest! {
        #[test]
        fn different_parts_are_different_legal_scopes(
            a in prop::collection::vec(any::<u8>().prop_filter("no slash", |byte| *byte != b'/'), 1..300),
            b in prop::collection::vec(prop::sample::select(b".%vault2E\n\xd5".to_vec()), 1..8),
        ) {
            let (left, right) = (scope(&a), scope(&b));
            prop_assert_eq!(left == right, a == b);
            for name in [left, right] {
                prop_assert!((1..=MAX_NAME).contains(&name.len()));
                prop_assert!(!name.chars().any(char::is_control));
                prop_assert!(name.split('/').all(|part| !matches!(part, "" | "." | "..")));
                prop_assert!(!name.starts_with("vault/") && !name.starts_with("sealkeep/"));
            }
        }
    }
}
