//! What a backup decides before it reads a byte: what it leaves out, where it puts what it finds, which snapshots are kept.
//!
//! Everything here is a function of paths, times and files of settings.
//!
//! | module | for |
//! |---|---|
//! | [`rules`] | the file of scope rules: which scope, level, class and subjects a path belongs to |
//! | [`filter`] | what is left out: patterns, caches, other file systems, large files; lists of sources |
//! | [`keep`] | which snapshots stay when others are forgotten |

pub mod filter;
pub mod keep;
pub mod rules;
