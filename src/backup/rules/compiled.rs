//! Rules as they are applied to a million paths.

use regex_automata::Input;
use regex_automata::meta::{Config, Regex};
use regex_automata::nfa::thompson::WhichCaptures;
use regex_automata::util::primitives::NonMaxUsize;
use regex_automata::util::syntax;
use sealkeep_crypto::Suite;
use toml::Spanned;

use super::error::{Error, Problem};
use super::pattern::Pattern;
use super::start::{Start, seconds};
use super::table::Table;
use super::template::{MAX_NAME, Template, escape};
use super::{Class, Classified, Generation, Matched};

/// One rule, or the defaults.
#[derive(Clone)]
pub(super) struct Rule {
    line: usize,
    source: Option<Source>,
    scope: Template,
    level: u8,
    pub(super) class: String,
    residency: String,
    subjects: Vec<Template>,
    start: Start,
    compress: bool,
    generation: Generation,
}

/// What a rule matches.
#[derive(Clone)]
struct Source {
    written: String,
    regex: String,
    absolute: bool,
    names: Vec<String>,
    /// Finds the parts that have names; none if there are no such parts.
    parts: Option<Regex>,
}

impl Rule {
    /// The defaults of a file.
    pub(super) fn default_of(
        table: Table,
        scope: Template,
        line: &impl Fn(usize) -> usize,
    ) -> Result<Self, Error> {
        if let Some(pattern) = &table.pattern {
            let line = line(pattern.span().start);
            return Err(Error { line, problem: Problem::DefaultPattern });
        }
        let built_in = Self {
            line: 0,
            source: None,
            scope,
            level: 0,
            class: String::new(),
            residency: String::new(),
            subjects: Vec::new(),
            start: Start::default(),
            compress: true,
            generation: Generation::default(),
        };
        built_in.with(table, None, line)
    }

    /// One rule, which begins in line `at`.
    pub(super) fn new(
        mut table: Table,
        at: usize,
        default: &Self,
        line: &impl Fn(usize) -> usize,
    ) -> Result<Self, Error> {
        let pattern =
            table.pattern.take().ok_or(Error { line: at, problem: Problem::NoPattern })?;
        let at = line(pattern.span().start);
        let source =
            Source::new(pattern.into_inner()).map_err(|problem| Error { line: at, problem })?;
        Self { line: at, ..default.clone() }.with(table, Some(source), line)
    }

    fn with(
        mut self,
        table: Table,
        source: Option<Source>,
        line: &impl Fn(usize) -> usize,
    ) -> Result<Self, Error> {
        let names = source.as_ref().map_or(&[][..], |source| &source.names);
        if let Some(scope) = table.scope {
            self.scope = read(scope, line, |text| Template::scope(text, names))?;
        }
        if let Some(level) = table.level {
            self.level = read(level, line, |level| match u8::try_from(*level) {
                Ok(level @ 1..=5) => Ok(level),
                _ => Err(Problem::Level(*level)),
            })?;
        }
        if let Some(class) = table.class {
            self.class = read(class, line, |text| label(text))?;
        }
        if let Some(residency) = table.residency {
            self.residency = read(residency, line, |text| label(text))?;
        }
        if let Some(subjects) = table.subjects {
            self.subjects = read(subjects, line, |texts| {
                let parse = |text: &String| Template::parse(text, names);
                if texts.len() > 255 {
                    Err(Problem::Subjects)
                } else {
                    texts.iter().map(parse).collect()
                }
            })?;
        }
        if let Some(start) = table.start {
            self.start = read(start, line, |text| Start::parse(text, names))?;
        }
        self.compress = table.compress.unwrap_or(self.compress);
        self.generation = table.generation.unwrap_or(self.generation);
        self.source = source;
        Ok(self)
    }

    pub(super) fn line(&self) -> usize {
        self.line
    }

    pub(super) fn pattern(&self) -> &str {
        self.source.as_ref().map_or("", |source| &source.written)
    }

    pub(super) fn is_absolute(&self) -> bool {
        self.source.as_ref().is_some_and(|source| source.absolute)
    }

    /// The named parts of a path that this rule matches.
    pub(super) fn captures<'p>(&self, path: &'p [u8]) -> Vec<&'p [u8]> {
        let Some(source) = &self.source else { return Vec::new() };
        let Some(regex) = &source.parts else { return Vec::new() };
        // Two slots for the whole, two for each part.
        let mut slots = vec![None; 2 + 2 * source.names.len()];
        regex.search_slots(&Input::new(path), &mut slots);
        let offset = |slot: Option<NonMaxUsize>| slot.map_or(0, NonMaxUsize::get);
        slots[2..].chunks(2).map(|part| &path[offset(part[0])..offset(part[1])]).collect()
    }

    /// What the rule says, and whether a date that it asks for is not in the path.
    pub(super) fn apply(
        &self,
        captures: &[&[u8]],
        mtime: i64,
        first: u64,
        suite: Suite,
    ) -> (Classified, bool) {
        let start = self.start.of(captures, mtime, first);
        let class = Class {
            scope: self.scope.render_scope(captures, suite),
            level: self.level,
            class: self.class.clone(),
            residency: self.residency.clone(),
            subjects: self.subjects.iter().map(|subject| subject.render(captures)).collect(),
            // The latest there is: a period may not be cut short because a folder is misnamed.
            start: start.unwrap_or_else(|| seconds(first).max(mtime)),
        };
        let classified = Classified { class, compress: self.compress, generation: self.generation };
        (classified, start.is_none())
    }

    pub(super) fn matched(&self, captures: &[&[u8]]) -> Option<Matched> {
        let source = self.source.as_ref()?;
        let values = captures.iter().map(|value| escape(value).into_owned());
        Some(Matched {
            line: self.line,
            pattern: source.written.clone(),
            captures: source.names.iter().cloned().zip(values).collect(),
        })
    }
}

impl Source {
    fn new(written: String) -> Result<Self, Problem> {
        let Pattern { regex, names, absolute } = Pattern::parse(&written)?;
        let parts =
            if names.is_empty() { None } else { Some(build(&[&regex], WhichCaptures::All)?) };
        Ok(Self { written, regex, absolute, names, parts })
    }
}

/// All patterns at once: a path is read once, however many rules there are.
pub(super) struct Matcher {
    below: Patterns,
    absolute: Patterns,
}

struct Patterns {
    regex: Option<Regex>,
    /// The rule of each pattern.
    rules: Vec<usize>,
}

impl Matcher {
    pub(super) fn new(rules: &[Rule]) -> Result<Self, Problem> {
        Ok(Self { below: Patterns::new(rules, false)?, absolute: Patterns::new(rules, true)? })
    }

    /// The number of the first rule that matches.
    pub(super) fn first(&self, below: &[u8], absolute: &[u8]) -> Option<usize> {
        match (self.below.first(below), self.absolute.first(absolute)) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        }
    }
}

impl Patterns {
    fn new(rules: &[Rule], absolute: bool) -> Result<Self, Problem> {
        let chosen = rules
            .iter()
            .enumerate()
            .filter_map(|(number, rule)| Some((number, rule.source.as_ref()?)))
            .filter(|(_, source)| source.absolute == absolute);
        let (rules, patterns): (Vec<usize>, Vec<&str>) =
            chosen.map(|(number, source)| (number, source.regex.as_str())).unzip();
        let regex = match patterns.as_slice() {
            [] => None,
            patterns => Some(build(patterns, WhichCaptures::Implicit)?),
        };
        Ok(Self { regex, rules })
    }

    /// Of patterns that all begin at the beginning, the search prefers the earlier one.
    fn first(&self, path: &[u8]) -> Option<usize> {
        let found = self.regex.as_ref()?.search_half(&Input::new(path))?;
        Some(self.rules[found.pattern().as_usize()])
    }
}

fn build(patterns: &[&str], captures: WhichCaptures) -> Result<Regex, Problem> {
    Regex::builder()
        .configure(Config::new().utf8_empty(false).which_captures(captures).nfa_size_limit(LIMIT))
        .syntax(syntax::Config::new().utf8(false))
        .build_many(patterns)
        .map_err(|_| Problem::TooLarge)
}

/// Reads one field; what is wrong with it is in its line.
fn read<V, T>(
    field: Spanned<V>,
    line: &impl Fn(usize) -> usize,
    parse: impl FnOnce(&V) -> Result<T, Problem>,
) -> Result<T, Error> {
    let at = line(field.span().start);
    parse(field.get_ref()).map_err(|problem| Error { line: at, problem })
}

fn label(text: &str) -> Result<String, Problem> {
    let fits = text.len() <= MAX_NAME && !text.chars().any(char::is_control);
    if fits { Ok(text.to_owned()) } else { Err(Problem::Label(text.to_owned())) }
}

/// Bytes that compiled patterns may take.
const LIMIT: Option<usize> = Some(64 * 1024 * 1024);
