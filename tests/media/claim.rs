//! The program at work on a scene: what it says before, what it says after, and what is really so.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::pattern::Found;
use crate::scenes::Scene;
use crate::world::{Done, World, noise};

/// The size of a file that nobody asked to wipe.
const BYSTANDER: usize = 100_000;

/// What the program said about one path.
#[derive(Debug)]
pub(crate) struct Target {
    /// `verified` and so on; empty in a survey.
    pub(crate) result: String,
    /// Whether it can be overwritten in place.
    pub(crate) reach: String,
    /// Codes of what was found, with their effects.
    pub(crate) findings: BTreeSet<(String, String)>,
}

/// One run of the program.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) code: i32,
    pub(crate) document: Value,
}

/// A wipe, and what is left in the raw image.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) said: Said,
    pub(crate) before: Target,
    pub(crate) after: Target,
    pub(crate) found: Found,
    /// Blocks found of the content now.
    pub(crate) current: usize,
    /// Blocks found of the content before.
    pub(crate) earlier: usize,
}

impl Target {
    fn read(target: &Value) -> Target {
        let text = |name: &str| target[name].as_str().unwrap_or_default().to_owned();
        let findings = target["findings"].as_array().expect("a list of findings");
        let pair = |finding: &Value| {
            let text = |name: &str| finding[name].as_str().expect("it is text").to_owned();
            assert!(!text("text").is_empty(), "a finding explains itself: {finding}");
            (text("code"), text("effect"))
        };
        let findings = findings.iter().map(pair).collect();
        Target { result: text("result"), reach: text("reach"), findings }
    }

    /// Whether one of these was found.
    pub(crate) fn names(&self, codes: &[&str]) -> bool {
        self.findings.iter().any(|(code, _)| codes.contains(&code.as_str()))
    }

    /// Whether something was found that forbids the claim that all is gone.
    fn is_warned(&self) -> bool {
        self.findings.iter().any(|(_, effect)| effect != "note")
    }
}

impl Said {
    /// Runs `wipe` with these arguments.
    pub(crate) fn by(world: &World, path: &Path, more: &[&str]) -> Said {
        let journal = world.path("journal");
        let path = path.to_str().expect("our paths are text");
        let journal = journal.to_str().expect("our paths are text");
        let args = [&["wipe"], more, &[path, "--json", "--journal", journal]].concat();
        Said::read(&world.run(&args))
    }

    /// Reads the report of a run.
    pub(crate) fn read(done: &Done) -> Said {
        let document = serde_json::from_str(&done.stdout)
            .unwrap_or_else(|e| panic!("one document: {e}: {}{}", done.stdout, done.stderr));
        Said { code: done.code, document }
    }

    /// The result of everything together.
    pub(crate) fn result(&self) -> &str {
        self.document["result"].as_str().unwrap_or_default()
    }

    /// What is said about a path, or, of a folder, about what lies in it.
    pub(crate) fn targets(&self, at: &Path) -> Vec<Target> {
        let all = self.document["targets"].as_array().expect("a list of targets");
        let is_below = |target: &&Value| {
            target["path"].as_str().is_some_and(|path| Path::new(path).starts_with(at))
        };
        all.iter().filter(is_below).map(Target::read).collect()
    }

    fn target(&self, at: &Path) -> Target {
        let mut targets = self.targets(at);
        assert_eq!(targets.len(), 1, "{at:?} once: {:#}", self.document);
        targets.remove(0)
    }
}

impl Outcome {
    /// Surveys, wipes, searches the unmounted image, and mounts it again. Whatever the program says, what holds of every run is checked here.
    pub(crate) fn of(scene: &mut Scene, more: &[&str]) -> Outcome {
        let world = World::new();
        let bystander = scene.image.path("bystander");
        fs::write(&bystander, noise(BYSTANDER)).expect("there is room");
        let content = fs::read(&scene.file).expect("it is readable");
        let found = scene.search();
        assert_eq!(scene.current(&found), scene.written, "all of it is found before");
        assert!(found.names > 0, "its name is found before");

        let survey = Said::by(&world, &scene.file, &["--survey"]);
        assert_eq!(survey.document["schema"], "sealkeep.wipe-survey/1");
        assert!(fs::read(&scene.file).expect("it is there") == content, "a survey only looks");

        let said = Said::by(&world, &scene.file, &[&["--yes"], more].concat());
        assert_eq!(said.document["schema"], "sealkeep.wipe/1");
        let (before, after) = (survey.target(&scene.file), said.target(&scene.file));
        if after.result == "refused" {
            let now = fs::read(&scene.file).expect("what was refused is there");
            assert!(now == content, "what was refused is untouched");
        }
        let gone = !scene.file.exists();
        scene.image.unmount();
        let found = scene.search();
        scene.image.mount();
        let other = fs::read(&bystander).expect("what nobody asked to wipe is there");
        assert!(other == noise(BYSTANDER), "what nobody asked to wipe is untouched");
        let (current, earlier) = (scene.current(&found), scene.earlier(&found));
        let outcome = Outcome { said, before, after, found, current, earlier };
        outcome.never_overstates(gone);
        outcome
    }

    /// The result must be one of these.
    pub(crate) fn is(self, results: &[&str]) -> Outcome {
        assert!(results.contains(&self.after.result.as_str()), "not {results:?}: {self:#?}");
        self
    }

    /// One of these must have been found before.
    pub(crate) fn named(self, codes: &[&str]) -> Outcome {
        assert!(self.before.names(codes), "not {codes:?}: {self:#?}");
        self
    }

    /// Nothing may be left of the content now and before.
    pub(crate) fn all_gone(self) -> Outcome {
        assert!(self.found.no_content(), "something is left: {self:#?}");
        self
    }

    /// The name may not be left either.
    pub(crate) fn nameless(self) -> Outcome {
        assert_eq!(self.found.names, 0, "the name is left: {self:#?}");
        self
    }

    fn never_overstates(&self, gone: bool) {
        let fits = match self.after.result.as_str() {
            "verified" => self.said.code == 0 && self.said.result() == "verified",
            "best-effort" => self.said.code == 40 && self.said.result() == "best-effort",
            "not-in-place" | "failed" => self.said.code == 3 && self.said.result() == "partial",
            "refused" => self.said.code == 4 && self.said.result() == "refused",
            _ => false,
        };
        assert!(fits, "the exit code and both results agree: {self:#?}");
        let names = |codes: &[&str]| self.before.names(codes);
        assert!(
            self.before.findings.is_subset(&self.after.findings),
            "all is said again: {self:#?}"
        );
        if self.after.result == "refused" {
            return;
        }
        if self.after.result == "verified" {
            assert!(gone, "what is verified is gone: {self:#?}");
            assert_eq!(
                self.before.reach, "in-place",
                "no verified result without reach: {self:#?}"
            );
            assert_eq!(self.current, 0, "what is verified is not left: {self:#?}");
        }
        // A torn record counts as content: it is some.
        assert!(
            self.current == 0 || self.before.is_warned(),
            "what is left was to be expected: {self:#?}"
        );
        let of_before = [
            "earlier-versions",
            "shared",
            "snapshot",
            "copy-on-write",
            "data-journal",
            "lower-copy",
        ];
        assert!(
            self.earlier + self.found.torn == 0 || names(&of_before),
            "earlier content was to be expected: {self:#?}"
        );
        assert!(
            self.found.names == 0 || names(&["name-in-journal"]),
            "the name was to be expected: {self:#?}"
        );
    }
}
