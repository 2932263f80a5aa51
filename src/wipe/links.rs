//! The other names of files that have several, where they can be found.

use std::collections::{HashMap, HashSet};
use std::os::fd::OwnedFd;
use std::path::PathBuf;

use globset::GlobSet;
use rustix::fs::FileType;
use sealkeep_medium::finding::Code;

use super::plan::{Kind, Target, WipePlan};
use crate::tree::{path_of, walk};

/// What was found of names that are not targets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OtherNames {
    /// Where they are.
    pub paths: Vec<PathBuf>,
    /// Names that must be somewhere and were not found: below something mounted over it, out of reach, or too far to go.
    pub missing: u64,
}

/// Entries looked at on a file system at most: more would take longer than most people wait for a plan.
const MOST: usize = 300_000;

impl WipePlan {
    /// Looks on the file systems of the targets for other names of files that have some which are not targets. Nothing is
    /// looked at if there are none.
    #[must_use]
    pub fn other_names(&self) -> OtherNames {
        let mut found = OtherNames::default();
        let mut wanted: HashMap<usize, HashMap<(u64, u64), u64>> = HashMap::new();
        for target in self.targets.iter().filter(|target| target.kind == Kind::File) {
            if let Some((place, links)) = self.links(target) {
                let left = wanted.entry(place).or_default().entry(target.id).or_insert(links);
                *left = left.saturating_sub(1);
            }
        }
        let targets: HashSet<PathBuf> = self
            .targets
            .iter()
            .filter(|target| self.links(target).is_some())
            .map(|target| self.absolute(target.root as usize, &target.path))
            .collect();
        for (place, mut ids) in wanted {
            ids.retain(|_, left| *left > 0);
            if !ids.is_empty() {
                self.search(place, &mut ids, &targets, &mut found.paths);
            }
            found.missing += ids.values().sum::<u64>();
        }
        found.paths.sort();
        found
    }

    /// The place of a file with several names, and how many it has.
    fn links(&self, target: &Target) -> Option<(usize, u64)> {
        let class = &self.classes[target.class as usize];
        let finding = class.findings.iter().find(|finding| finding.code == Code::HardLinks)?;
        Some((class.place, finding.detail.parse().ok()?))
    }

    fn search(
        &self,
        place: usize,
        ids: &mut HashMap<(u64, u64), u64>,
        targets: &HashSet<PathBuf>,
        paths: &mut Vec<PathBuf>,
    ) {
        let place = &self.places[place];
        let (Some(top), Some(mount)) = (place.open(), &place.mount) else { return };
        let top: OwnedFd = top.into();
        let mut looked = 0;
        walk(
            &top,
            &GlobSet::empty(),
            |found| {
                looked += 1;
                if found.kind == FileType::RegularFile
                    && let Some(left) = ids.get_mut(&found.id)
                {
                    let path = mount.point.join(path_of(&found.path));
                    if *left > 0 && !targets.contains(&path) {
                        *left -= 1;
                        paths.push(path);
                    }
                }
                found.mount == mount.id && looked < MOST && ids.values().any(|left| *left > 0)
            },
            |_, _| (),
        );
    }
}
