//! The words of the program, from one Fluent catalogue per language.
//!
//! Catalogues are compiled in. A key that is missing in one of them, or that nothing uses, fails
//! a test, so at run time every key is there. Codes, paths and JSON are never translated.

use std::borrow::Cow;
use std::ffi::OsString;

use fluent_bundle::{FluentArgs, FluentBundle, FluentResource, FluentValue};
use unic_langid::LanguageIdentifier;

/// A language that the program speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lang {
    /// English, the default.
    En,
    /// Chinese as written in mainland China.
    ZhCn,
}

impl Lang {
    /// All of them.
    #[cfg(test)]
    pub(crate) const ALL: [Lang; 2] = [Lang::En, Lang::ZhCn];

    /// The tag given to `--lang`.
    pub(crate) fn tag(self) -> &'static str {
        match self {
            Lang::En => "en",
            Lang::ZhCn => "zh-CN",
        }
    }

    /// Reads a language tag or a POSIX locale name (`zh_CN.UTF-8`). `C` and `POSIX` are English.
    /// Only the language counts: we have one form of Chinese and one of English.
    pub(crate) fn parse(tag: &str) -> Option<Lang> {
        let language = tag.split(['_', '-', '.', '@']).next().unwrap_or("");
        match language.to_ascii_lowercase().as_str() {
            "zh" => Some(Lang::ZhCn),
            "en" | "c" | "posix" => Some(Lang::En),
            _ => None,
        }
    }

    /// The language before arguments are parsed, because help texts and the errors of parsing need
    /// it: `--lang`, `SEALKEEP_LANG`, then the first set of `LC_ALL`, `LC_MESSAGES`, `LANG`.
    pub(crate) fn guess(args: &[OsString], env: impl Fn(&str) -> Option<String>) -> Lang {
        typed(args)
            .or_else(|| env("SEALKEEP_LANG"))
            .and_then(|tag| Lang::parse(&tag))
            .or_else(|| {
                ["LC_ALL", "LC_MESSAGES", "LANG"]
                    .into_iter()
                    .find_map(|name| env(name).filter(|value| !value.is_empty()))
                    .and_then(|tag| Lang::parse(&tag))
            })
            .unwrap_or(Lang::En)
    }

    fn source(self) -> &'static str {
        match self {
            Lang::En => include_str!("../../locales/en/sealkeep.ftl"),
            Lang::ZhCn => include_str!("../../locales/zh-CN/sealkeep.ftl"),
        }
    }
}

/// The catalogue of one language.
pub(crate) struct Messages {
    lang: Lang,
    bundle: FluentBundle<FluentResource>,
}

/// What stands in for a `{ $name }` of a message.
pub(crate) type Args<'a> = &'a [(&'a str, &'a dyn ToArg)];

/// A value that a message can show.
pub(crate) trait ToArg {
    /// Numbers keep their plural forms; everything else is text.
    fn to_arg(&self) -> FluentValue<'static>;
}

impl Messages {
    /// The catalogue of `lang`.
    pub(crate) fn new(lang: Lang) -> Self {
        let id: LanguageIdentifier = lang.tag().parse().expect("our tags are well formed");
        let mut bundle = FluentBundle::new(vec![id]);
        // Isolation marks are invisible in a browser and garbage in a terminal.
        bundle.set_use_isolating(false);
        let resource = FluentResource::try_new(lang.source().to_owned())
            .expect("the catalogues parse, a test sees to it");
        bundle.add_resource(resource).expect("the catalogues have no key twice");
        Messages { lang, bundle }
    }

    /// The language of this catalogue.
    pub(crate) fn lang(&self) -> Lang {
        self.lang
    }

    /// The message `key`, its placeholders filled in.
    ///
    /// A key that does not exist gives the key itself: a bad message must not hide an error.
    pub(crate) fn text(&self, key: &str, args: Args<'_>) -> String {
        self.lookup(key, None, args).unwrap_or_else(|| key.to_owned())
    }

    /// The word for a code: the attribute `code` of the message. A code of a later version stands for itself.
    pub(crate) fn word(&self, key: &str, code: &str) -> String {
        self.attribute(key, code, &[]).unwrap_or_else(|| code.to_owned())
    }

    /// The attribute `attribute` of message `key`, if the message has it.
    pub(crate) fn attribute(&self, key: &str, attribute: &str, args: Args<'_>) -> Option<String> {
        self.lookup(key, Some(attribute), args)
    }

    /// Whether there is a message `key`.
    #[cfg(test)]
    pub(crate) fn has(&self, key: &str) -> bool {
        self.bundle.get_message(key).is_some_and(|message| message.value().is_some())
    }

    fn lookup(&self, key: &str, attribute: Option<&str>, args: Args<'_>) -> Option<String> {
        let message = self.bundle.get_message(key)?;
        let pattern = match attribute {
            None => message.value()?,
            Some(name) => message.get_attribute(name)?.value(),
        };
        let mut values = FluentArgs::new();
        for (name, value) in args {
            values.set(Cow::Owned((*name).to_owned()), value.to_arg());
        }
        let mut errors = Vec::new();
        let text = self.bundle.format_pattern(pattern, Some(&values), &mut errors).into_owned();
        debug_assert!(errors.is_empty(), "message {key}: {errors:?}");
        Some(text)
    }
}

/// Text that is a message already, with the line breaks of the catalogue.
pub(crate) struct Ready<'a>(pub(crate) &'a str);

impl ToArg for Ready<'_> {
    fn to_arg(&self) -> FluentValue<'static> {
        FluentValue::String(Cow::Owned(self.0.to_owned()))
    }
}

impl ToArg for str {
    fn to_arg(&self) -> FluentValue<'static> {
        FluentValue::String(Cow::Owned(one_line(self).into_owned()))
    }
}

impl ToArg for &str {
    fn to_arg(&self) -> FluentValue<'static> {
        (**self).to_arg()
    }
}

impl ToArg for String {
    fn to_arg(&self) -> FluentValue<'static> {
        self.as_str().to_arg()
    }
}

impl ToArg for u64 {
    /// Grouping digits is left to the caller: scripts and people both read plain digits.
    fn to_arg(&self) -> FluentValue<'static> {
        FluentValue::from(*self)
    }
}

impl ToArg for usize {
    fn to_arg(&self) -> FluentValue<'static> {
        FluentValue::from(*self)
    }
}

/// Names are other people's text: one with a line break in it must not look like a second message.
pub(crate) fn one_line(text: &str) -> Cow<'_, str> {
    if text.contains('\n') { Cow::Owned(text.replace('\n', "\\n")) } else { Cow::Borrowed(text) }
}

/// The value of `--lang` as typed, wherever it stands before `--`.
fn typed(args: &[OsString]) -> Option<String> {
    let mut args = args.iter().skip(1).filter_map(|arg| arg.to_str());
    while let Some(arg) = args.next() {
        match arg {
            "--" => return None,
            "--lang" => return args.next().map(str::to_owned),
            _ => {
                if let Some(tag) = arg.strip_prefix("--lang=") {
                    return Some(tag.to_owned());
                }
            }
        }
    }
    None
}

#[cfg(test)]
mod tests;
