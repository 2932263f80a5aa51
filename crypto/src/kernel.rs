//! The kernels: block ciphers and hashes in vector instructions, written once for all lengths of
//! vectors.
//!
//! There is nothing unsafe here; that is in [`lowlevel`](crate::lowlevel). The bulk of the work on
//! secrets is on vectors, which can neither be branched on nor used as addresses; the expansion of
//! keys, the ends of messages and tags are straight-line arithmetic on integers. What a kernel
//! leaves on the stack is overwritten by who called it, with `wipe_stack`.

mod aes;
mod gcm;
mod ghash;
pub(crate) mod matrix;
mod pair;
mod single;
pub(crate) mod sm3;
mod sm4;

pub(crate) use aes::Aes256;
pub(crate) use gcm::Gcm;
pub(crate) use pair::Pair;
pub(crate) use single::Sm4Single;
pub(crate) use sm4::Sm4;
