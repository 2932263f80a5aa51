//! Going on with a run whose targets were listed one by one.

use std::collections::HashSet;

use super::error::Error;
use super::journal::{Listed, Past};
use super::plan::WipePlan;
use super::report::Problem;
use super::resume::is_same_root;
use super::root::open_root;
use crate::tree::{DirCache, path_of};

impl WipePlan {
    /// Adds everything of a list that is still there and still is what was listed, or what this run was overwriting; what
    /// only has to lose its name is left out. What changed becomes a problem.
    pub(super) fn add_list(&mut self, past: &Past) -> Result<(), Error> {
        let mut roots = Vec::with_capacity(past.begin.roots.len());
        for (number, root) in past.begin.roots.iter().enumerate() {
            let path = path_of(&root.0);
            let number_told = u32::try_from(number).unwrap_or(u32::MAX);
            let gone = past.gone.contains(&number_told);
            let added = open_root(&path).and_then(|root| {
                let same = is_same_root(&past.begin, number, &root);
                if same { self.add_listed_root(&path) } else { Err(Error::Missing) }
            });
            roots.push(match added {
                Ok(at) => {
                    self.roots[at].number = number_told;
                    Some(at)
                }
                Err(error) if error.is_not_found() && gone => None,
                Err(error) if error.is_not_found() || matches!(error, Error::Missing) => {
                    self.problems.push(Problem::new(path, Error::Missing));
                    None
                }
                Err(error) => return Err(error),
            });
        }
        let going: HashSet<(u32, &[u8])> =
            past.removing.iter().map(|one| (one.root, one.path.0.as_slice())).collect();
        let mut dirs = DirCache::default();
        for one in &past.listed {
            let known = roots
                .get(one.root as usize)
                .ok_or_else(|| Error::Journal("a root that was not named".to_owned()))?;
            let Some(root) = *known else { continue };
            if going.contains(&(one.root, &one.path.0)) {
                continue;
            }
            let begun = past.begun.contains(&one.identity.id);
            match self.add_listed(root, &one.path.0, &one.identity, begun, &mut dirs) {
                Ok(()) => self.give_base(one),
                Err(error) if error.is_not_found() => {}
                Err(error) => {
                    let given = &self.roots[root].given;
                    let path = match one.path.0.as_slice() {
                        [] => given.clone(),
                        below => given.join(path_of(below)),
                    };
                    self.problems.push(Problem::new(path, error));
                }
            }
        }
        Ok(())
    }

    /// The target that was added last goes on with the streams it had.
    fn give_base(&mut self, one: &Listed) {
        if let Some(target) = self.targets.last_mut() {
            target.base = one.base;
        }
    }
}
