//! What can be wrong with a file of rules.

/// A file of rules that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{problem}", Line(*.line))]
pub struct Error {
    /// The line at fault, from 1; 0 when it is not the file that is at fault, but the scope given beside it.
    pub line: usize,
    /// What is wrong.
    pub problem: Problem,
}

/// What is wrong with a rule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// Not TOML of this form; what the parser says.
    #[error("{0}")]
    Syntax(String),
    /// A rule without a pattern.
    #[error("a rule needs 'match'")]
    NoPattern,
    /// The defaults apply to what no rule matches.
    #[error("[default] takes no 'match'")]
    DefaultPattern,
    /// The pattern is not one; why.
    #[error("malformed pattern: {0}")]
    Pattern(&'static str),
    /// All patterns together are too large.
    #[error("the patterns are too large")]
    TooLarge,
    /// The name of a part is not one.
    #[error("'{{{0}}}' is not a name: small letters, digits and '_'")]
    Name(String),
    /// One name for two parts.
    #[error("'{{{0}}}' is in the pattern twice")]
    Twice(String),
    /// The rule uses a part that its pattern does not name.
    #[error("the pattern has no '{{{0}}}'")]
    Unknown(String),
    /// A brace without its other half.
    #[error("'{0}' has a brace without the other")]
    Brace(String),
    /// Not the name of a scope.
    #[error(
        "'{0}' is not the name of a scope: components joined by '/', none empty, '.' or '..', at most 255 bytes"
    )]
    Scope(String),
    /// The name of a scope that Sealkeep uses itself.
    #[error("scopes below '{0}' are Sealkeep's own")]
    Reserved(String),
    /// Not a level of GB/T 39725.
    #[error("a level is 1 to 5, not {0}")]
    Level(i64),
    /// A label that is too long, or has control characters.
    #[error("'{0}' is not a label: at most 255 bytes, no control characters")]
    Label(String),
    /// More subjects than a record takes.
    #[error("an object has at most 255 subjects")]
    Subjects,
    /// Not a start of the period.
    #[error(
        "'{0}' is not a start: 'modified', 'backup', or a date as '{{year}}', '{{year}}-{{month}}', '{{year}}-{{month}}-{{day}}'"
    )]
    Start(String),
}

struct Line(usize);

impl std::fmt::Display for Line {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.0 == 0 { Ok(()) } else { write!(f, "line {}: ", self.0) }
    }
}
