//! A method is a list of passes under a stable name.
//!
//! Names of standards say little: tools that use the same name run different lists. So the list is what counts here, and
//! what is printed; a caveat tells where it comes from and what it may not be called.

mod step;
mod table;

use sealkeep_crypto::random;
use thiserror::Error;

pub use step::{MAX_PATTERN, Pass, PassError, Step};

/// The most passes that a method of one's own may have.
pub const MAX_PASSES: usize = 100;

/// A list of passes under a name.
///
/// ```
/// use sealkeep::wipe::Method;
///
/// let method = Method::find("dod-5220.22-m").expect("a built-in method");
/// let steps: Vec<String> = method.steps().iter().map(ToString::to_string).collect();
/// assert_eq!(steps, ["c", "~c", "random"]);
/// assert!(method.demands_read_back());
/// assert_eq!(method.expand().len(), 3);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Method {
    id: String,
    steps: Vec<Step>,
    read_back: bool,
    caveat: Option<&'static str>,
}

/// Why there is no such method.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum MethodError {
    /// The name is not one: 1 to 64 of `a`–`z`, `0`–`9`, `.` and `-`, the first a letter or digit.
    #[error(
        "not a name for a method: at most 64 of a-z, 0-9, '.' and '-', the first a letter or digit"
    )]
    Name,
    /// A built-in method has this name.
    #[error("a built-in method has this name")]
    BuiltIn,
    /// No passes, or more than [`MAX_PASSES`].
    #[error("a method has 1 to {MAX_PASSES} passes, not {0}")]
    Count(usize),
    /// One of the passes, counted from 1, cannot be read.
    #[error(
        "pass {number}: '{text}' is not hex of 1 to {MAX_PATTERN} bytes, random, char or ~char"
    )]
    Pass {
        /// Which one.
        number: usize,
        /// What stands there.
        text: String,
    },
}

impl Method {
    /// The built-in method of this name. `logical-N` is one for every N from 3 to 99.
    pub fn find(id: &str) -> Option<Method> {
        let row = table::ROWS.iter().find(|row| row.id == id);
        row.map(table::Row::method).or_else(|| logical(id))
    }

    /// All built-in methods in the order in which they are shown; `logical-3` stands for every `logical-N`.
    pub fn all() -> Vec<Method> {
        table::ROWS.iter().map(table::Row::method).collect()
    }

    /// A method of one's own. Each pass is hex of 1 to [`MAX_PATTERN`] bytes (`00`, `924924`), `random`, `char` for one
    /// random byte chosen by [`expand`](Self::expand), the same in all passes of the list, or `~char` for its complement.
    ///
    /// # Errors
    /// [`MethodError`] when the name is none or that of a built-in method, for a list that is empty or longer than
    /// [`MAX_PASSES`], and for a pass that cannot be read.
    pub fn custom(id: &str, passes: &[String]) -> Result<Method, MethodError> {
        if !is_name(id) {
            return Err(MethodError::Name);
        }
        if Method::find(id).is_some() {
            return Err(MethodError::BuiltIn);
        }
        if !(1..=MAX_PASSES).contains(&passes.len()) {
            return Err(MethodError::Count(passes.len()));
        }
        let steps = passes.iter().zip(1..).map(|(text, number)| {
            Step::typed(text).ok_or_else(|| MethodError::Pass { number, text: text.clone() })
        });
        let steps = steps.collect::<Result<Vec<_>, _>>()?;
        Ok(Method { id: id.to_owned(), steps, read_back: false, caveat: None })
    }

    /// The method of this name, for a run whose passes stand in its journal: one of the user's own may be gone by now.
    pub(super) fn recorded(id: &str) -> Method {
        let own = Method { id: id.to_owned(), steps: Vec::new(), read_back: false, caveat: None };
        Method::find(id).unwrap_or(own)
    }

    /// The name.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The passes, with random characters still to be drawn.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// Whether the text that the method is named after demands that the last pass is read back and compared. A run may
    /// do so for every method.
    pub fn demands_read_back(&self) -> bool {
        self.read_back
    }

    /// Under which key a catalogue of messages tells where the list comes from and what it may not be called; none for
    /// methods that are named after no text. The key never changes.
    pub fn caveat(&self) -> Option<&'static str> {
        self.caveat
    }

    /// The exact list: draws the random characters of this run.
    ///
    /// # Panics
    /// As [`random::fill`].
    pub fn expand(&self) -> Vec<Pass> {
        let mut chars = [0; 1 << u8::BITS];
        random::fill(&mut chars);
        self.steps.iter().map(|step| step.expand(&chars)).collect()
    }
}

fn is_name(id: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    id.len() <= 64
        && id.bytes().next().is_some_and(inner)
        && id.bytes().all(|byte| inner(byte) || byte == b'.' || byte == b'-')
}

/// `logical-N`. The number is written in one way only, because names stand in reports.
fn logical(id: &str) -> Option<Method> {
    let digits = id.strip_prefix("logical-")?;
    let count: usize = digits.parse().ok().filter(|count| (3..=99).contains(count))?;
    if digits != count.to_string() {
        return None;
    }
    let mut method = table::LOGICAL.method();
    method.steps = method.steps[..2].iter().cloned().cycle().take(count).collect();
    method.id = id.to_owned();
    Some(method)
}

#[cfg(test)]
mod tests;
