//! One pattern, as a regular expression over the bytes of a path.

use super::error::Problem;

/// A pattern that was read.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Pattern {
    /// Matches whole paths without a slash at the beginning.
    pub(super) regex: String,
    /// What its groups are called, in order.
    pub(super) names: Vec<String>,
    pub(super) absolute: bool,
}

impl Pattern {
    pub(super) fn parse(text: &str) -> Result<Self, Problem> {
        let absolute = text.starts_with('/');
        let path = text.trim_matches('/');
        if path.is_empty() {
            return Err(Problem::Pattern("it names nothing"));
        }
        let mut folders: Vec<&str> = path.split('/').collect();
        if !absolute && folders.len() == 1 {
            folders.insert(0, ANY_FOLDERS);
        }
        folders.dedup_by(|a, b| *a == ANY_FOLDERS && *b == ANY_FOLDERS);
        let mut pattern = Self { regex: String::from(r"\A"), names: Vec::new(), absolute };
        pattern.push_folders(&folders)?;
        pattern.regex.push_str(r"\z");
        Ok(pattern)
    }

    fn push_folders(&mut self, folders: &[&str]) -> Result<(), Problem> {
        for (at, folder) in folders.iter().enumerate() {
            let rest = &folders[at + 1..];
            if *folder != ANY_FOLDERS {
                self.push_name(folder)?;
                // The folder above `**` at the end is matched too.
                let slash = if rest.is_empty() || rest == [ANY_FOLDERS] { "" } else { "/" };
                self.regex.push_str(slash);
            } else if !rest.is_empty() {
                self.regex.push_str("(?:(?-u:[^/])+/)*");
            } else {
                self.regex.push_str(if at == 0 { "(?s-u:.)*" } else { "(?:/(?s-u:.)*)?" });
            }
        }
        Ok(())
    }

    fn push_name(&mut self, name: &str) -> Result<(), Problem> {
        if matches!(name, "" | "." | "..") {
            return Err(Problem::Pattern("a name in it is empty, '.' or '..'"));
        }
        if name.contains("**") {
            return Err(Problem::Pattern("'**' stands for whole folders"));
        }
        let mut rest = name;
        while let Some(first) = rest.chars().next() {
            let after = &rest[first.len_utf8()..];
            rest = match first {
                '{' => self.push_part(after)?,
                '*' => self.push(MANY, after),
                '?' => self.push(ONE, after),
                '\\' => {
                    let literal = after.chars().next();
                    let literal = literal.ok_or(Problem::Pattern("nothing follows the '\\'"))?;
                    self.push_literal(literal, &after[literal.len_utf8()..])
                }
                '[' | ']' | '}' => {
                    return Err(Problem::Pattern(
                        "'[', ']' and '}' are written with a '\\' before",
                    ));
                }
                literal => self.push_literal(literal, after),
            };
        }
        Ok(())
    }

    /// A part with a name, of which the text after the brace is given.
    fn push_part<'t>(&mut self, text: &'t str) -> Result<&'t str, Problem> {
        let (name, after) = text.split_once('}').ok_or(Problem::Pattern("a '{' is not closed"))?;
        if !is_name(name) {
            return Err(Problem::Name(name.to_owned()));
        }
        if self.names.iter().any(|other| other == name) {
            return Err(Problem::Twice(name.to_owned()));
        }
        let before = self.regex.ends_with(PART) || self.regex.ends_with(MANY);
        if before || after.starts_with(['{', '*']) {
            return Err(Problem::Pattern(
                "a named part needs an end: something between it and the next, or a '*'",
            ));
        }
        self.names.push(name.to_owned());
        Ok(self.push(PART, after))
    }

    fn push<'t>(&mut self, regex: &str, after: &'t str) -> &'t str {
        self.regex.push_str(regex);
        after
    }

    fn push_literal<'t>(&mut self, literal: char, after: &'t str) -> &'t str {
        if literal.is_ascii_punctuation() {
            self.regex.push('\\');
        }
        self.regex.push(literal);
        after
    }
}

/// Whether this can be the name of a part.
pub(super) fn is_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_'))
}

const ANY_FOLDERS: &str = "**";
const MANY: &str = "(?-u:[^/])*";
const PART: &str = "((?-u:[^/])+?)";
/// A character, or a byte of what is no UTF-8.
const ONE: &str = "(?:[^/]|(?-u:[^/]))";

#[cfg(test)]
mod tests {
    use super::*;

    const NO_END: &str =
        "malformed pattern: a named part needs an end: something between it and the next, or a '*'";

    #[test]
    fn what_is_no_pattern() {
        for (text, problem) in [
            ("", "malformed pattern: it names nothing"),
            ("///", "malformed pattern: it names nothing"),
            ("a//b", "malformed pattern: a name in it is empty, '.' or '..'"),
            ("a/../b", "malformed pattern: a name in it is empty, '.' or '..'"),
            ("a/b**", "malformed pattern: '**' stands for whole folders"),
            ("a/{id", "malformed pattern: a '{' is not closed"),
            ("a/id}", "malformed pattern: '[', ']' and '}' are written with a '\\' before"),
            ("a/[0-9]", "malformed pattern: '[', ']' and '}' are written with a '\\' before"),
            ("a/b\\", "malformed pattern: nothing follows the '\\'"),
            ("a/{id}{part}", NO_END),
            ("a/{id}*", NO_END),
            ("a/*{id}", NO_END),
            ("a/{}", "'{}' is not a name: small letters, digits and '_'"),
            ("a/{jpg,png}", "'{jpg,png}' is not a name: small letters, digits and '_'"),
            ("{id}/{id}", "'{id}' is in the pattern twice"),
        ] {
            let error = Pattern::parse(text).expect_err(text);
            assert_eq!(error.to_string(), problem, "{text}");
        }
    }
}
