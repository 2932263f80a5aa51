//! Patterns of paths that are left out: one meaning wherever they are typed.

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

/// Why a list of patterns could not be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// Not a pattern.
    #[error("malformed pattern: {0}")]
    Malformed(#[from] globset::Error),
    /// The pattern names nothing, as written here; it would leave out everything.
    #[error("the pattern '{0}' names nothing")]
    Empty(String),
}

/// What matches any of the patterns. As everywhere, one without a slash is a name on any level, one with a slash a path from
/// the top.
pub(crate) fn patterns(globs: &[String]) -> Result<GlobSet, Error> {
    let mut set = GlobSetBuilder::new();
    for glob in globs {
        let anywhere = if glob.trim_end_matches('/').contains('/') { "" } else { "**/" };
        let name = glob.trim_matches('/');
        if name.is_empty() {
            return Err(Error::Empty(glob.clone()));
        }
        set.add(GlobBuilder::new(&format!("{anywhere}{name}")).literal_separator(true).build()?);
    }
    Ok(set.build()?)
}
