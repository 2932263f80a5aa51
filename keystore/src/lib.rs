//! The key store of Sealkeep.
mod id;
mod state;

pub use id::{KeyId, NotAKeyId};
pub use state::{KeyState, NotAKeyState};
