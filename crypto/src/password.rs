//! Keys from passphrases: Argon2id, version 1.3 (RFC 9106).

use std::time::{Duration, Instant};

use argon2::{Algorithm, Argon2, Block, Params, Version};
use thiserror::Error;
use zeroize::Zeroize;

use crate::Secret;

/// What one guess of a passphrase costs.
///
/// ```no_run
/// use std::time::Duration;
/// use sealkeep_crypto::{Argon2Params, random};
///
/// let params = Argon2Params::calibrate(Duration::from_secs(1));
/// let key = params.derive(b"correct horse battery staple", &random::array())?;
/// # Ok::<(), sealkeep_crypto::ParamsError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Argon2Params {
    /// Memory in KiB.
    pub memory_kib: u32,
    /// Passes over the memory.
    pub passes: u32,
    /// Lanes; they are computed one after the other here.
    pub lanes: u32,
}

/// Parameters under which no key is derived.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ParamsError {
    /// The memory is not between 8 KiB for each lane and 4 GiB.
    #[error("argon2 memory of {0} KiB is out of bounds (8 for each lane to 4194304)")]
    Memory(u32),
    /// The number of passes is not between 1 and 1024.
    #[error("{0} argon2 passes are out of bounds (1 to 1024)")]
    Passes(u32),
    /// The number of lanes is not between 1 and 16.
    #[error("{0} argon2 lanes are out of bounds (1 to 16)")]
    Lanes(u32),
    /// The passphrase is longer than 4 GiB − 1.
    #[error("the passphrase is longer than argon2 can take")]
    PasswordTooLong,
    /// This machine cannot give the memory, in KiB, that the parameters ask for.
    #[error("not enough memory for argon2 ({0} KiB are needed)")]
    OutOfMemory(u32),
}

impl Argon2Params {
    /// The least that new keys are made with: 46 MiB, 3 passes, 1 lane.
    pub const FLOOR: Argon2Params = Argon2Params { memory_kib: 47_104, passes: 3, lanes: 1 };

    /// Parameters with which one derivation takes `target` on this machine: the memory and lanes
    /// of [`FLOOR`](Self::FLOOR), with as many more passes as that needs (at most 1024). Takes a
    /// few times `target`.
    pub fn calibrate(target: Duration) -> Self {
        let mut params = Self::FLOOR;
        while params.passes < MAX_PASSES {
            let start = Instant::now();
            if params.derive(b"calibration", &[0; 16]).is_err() {
                // No memory for the floor now; the derivation itself will say so.
                return Self::FLOOR;
            }
            let taken = start.elapsed();
            if taken >= target {
                break;
            }
            let wanted = f64::from(params.passes) * target.as_secs_f64() / taken.as_secs_f64();
            // A float becomes the nearest u32 by saturation, so nothing overflows here.
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
            let wanted = wanted.ceil() as u32;
            params.passes = wanted.clamp(params.passes + 1, MAX_PASSES);
        }
        params
    }

    /// Derives a key from a passphrase and a random salt.
    ///
    /// The upper bounds keep a forged file from taking all memory or time; there is no lower
    /// bound, because what was made with less must stay readable.
    ///
    /// # Errors
    /// [`ParamsError`] if the parameters are out of bounds or the memory cannot be had.
    pub fn derive(&self, password: &[u8], salt: &[u8; 16]) -> Result<Secret<32>, ParamsError> {
        let params = self.checked()?;
        let count = params.block_count();
        let mut memory = Memory(Vec::new());
        memory
            .0
            .try_reserve_exact(count)
            .map_err(|_| ParamsError::OutOfMemory(self.memory_kib))?;
        memory.0.resize(count, Block::default());

        let mut key = Secret::zeroed();
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into_with_memory(password, salt, key.expose_mut(), &mut memory.0)
            .map_err(|_| ParamsError::PasswordTooLong)?;
        Ok(key)
    }

    fn checked(&self) -> Result<Params, ParamsError> {
        if !(1..=MAX_LANES).contains(&self.lanes) {
            return Err(ParamsError::Lanes(self.lanes));
        }
        if !(1..=MAX_PASSES).contains(&self.passes) {
            return Err(ParamsError::Passes(self.passes));
        }
        if !(8 * self.lanes..=MAX_MEMORY_KIB).contains(&self.memory_kib) {
            return Err(ParamsError::Memory(self.memory_kib));
        }
        Params::new(self.memory_kib, self.passes, self.lanes, Some(32))
            .map_err(|_| ParamsError::Memory(self.memory_kib))
    }
}

const MAX_MEMORY_KIB: u32 = 4 * 1024 * 1024;
const MAX_PASSES: u32 = 1024;
const MAX_LANES: u32 = 16;

/// The working memory, erased afterwards: its last blocks give the key.
struct Memory(Vec<Block>);

impl Drop for Memory {
    fn drop(&mut self) {
        self.0.iter_mut().for_each(Zeroize::zeroize);
    }
}
