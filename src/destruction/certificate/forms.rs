//! The forms on paper: 销毁证明, 销毁申请表, 销毁清册, the fields of the SP 800-88 sample, and the evidence.
//!
//! `content` says what stands in them, once, in blocks; `html`, `pdf` and `xlsx` draw those. The same certificate gives the
//! same bytes.

mod content;
mod html;
mod pdf;
mod qr;
#[cfg(test)]
mod tests;
mod xlsx;

use std::borrow::Cow;

use crate::shown::is_obeyed;
pub use html::html;
pub use pdf::pdf;
pub use xlsx::xlsx;

/// Words in both languages, Chinese first.
#[derive(Clone, Debug)]
pub(super) struct Words {
    pub(super) zh: Cow<'static, str>,
    pub(super) en: Cow<'static, str>,
}

/// Words that are always the same.
pub(super) const fn words(zh: &'static str, en: &'static str) -> Words {
    Words { zh: Cow::Borrowed(zh), en: Cow::Borrowed(en) }
}

/// Words that are made.
pub(super) fn made(zh: impl Into<String>, en: impl Into<String>) -> Words {
    Words { zh: Cow::Owned(zh.into()), en: Cow::Owned(en.into()) }
}

/// One form; it begins on a new page.
#[derive(Clone, Debug)]
struct Form {
    title: Words,
    blocks: Vec<Block>,
}

/// A part of a form.
#[derive(Clone, Debug)]
enum Block {
    /// A headline.
    Head(Words),
    /// Labels with what stands there.
    Fields(Vec<(Words, String)>),
    /// A table: heads with their share of the width, rows.
    Table { heads: Vec<(Words, f32)>, rows: Vec<Vec<String>> },
    /// Somebody who signed, with room for a signature by hand.
    Signature(Signature),
    /// A sentence.
    Note(Words),
    /// The code of the certificate, with room for the seal beside it.
    Seal(String),
}

/// Who signed, as what, when, and what was said.
#[derive(Clone, Debug)]
struct Signature {
    role: Words,
    who: String,
    opinion: String,
    when: String,
    digest: String,
}

/// Other people's text on one line: what would be obeyed instead of shown is shown as �.
fn harmless(text: &str) -> String {
    let shown = text.chars().map(|c| match c {
        '\n' | '\t' => ' ',
        c if is_obeyed(c) => '\u{fffd}',
        c => c,
    });
    shown.collect()
}
