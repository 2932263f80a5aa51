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
        memory.0.try_reserve_exact(count).map_err(|_| ParamsError::OutOfMemory(self.memory_kib))?;
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

#[cfg(test)]
mod tests {
    use super::*;
    use hex_literal::hex;

    const SALT: [u8; 16] = hex!("000102030405060708090a0b0c0d0e0f");

    fn params(memory_kib: u32, passes: u32, lanes: u32) -> Argon2Params {
        Argon2Params { memory_kib, passes, lanes }
    }

    /// RFC 9106 §5.3. The vector has a secret and associated data, which the interface here does
    /// not offer, so it goes to the crate underneath, as it is built for us.
    #[test]
    fn rfc_9106_argon2id() {
        let params = argon2::ParamsBuilder::new()
            .m_cost(32)
            .t_cost(3)
            .p_cost(4)
            .data(argon2::AssociatedData::new(&[4; 12]).unwrap())
            .build()
            .unwrap();
        let argon2 =
            Argon2::new_with_secret(&[3; 8], Algorithm::Argon2id, Version::V0x13, params).unwrap();
        let mut tag = [0; 32];
        let mut memory = vec![Block::default(); 32];
        argon2.hash_password_into_with_memory(&[1; 32], &[2; 16], &mut tag, &mut memory).unwrap();
        assert_eq!(tag, hex!("0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659"));
    }

    /// Computed with OpenSSL's Argon2id.
    #[test]
    fn agrees_with_another_implementation() {
        let small = params(64, 3, 1).derive(b"correct horse", &SALT).unwrap();
        let expected = hex!("a1dc6a57c61d5fb470584e24085ea3216fd369c61bcd5f845745f9cb0ed02fca");
        assert_eq!(small.expose(), &expected);
        let lanes = params(47_104, 2, 4).derive(b"correct horse", &SALT).unwrap();
        let expected = hex!("f293005c700604207400ab97330206ed7f3bfd1cb546e77892779ba40cee3d85");
        assert_eq!(lanes.expose(), &expected);
    }

    #[test]
    fn forged_parameters_are_refused() {
        let refusal = |p: Argon2Params| p.derive(b"", &SALT).unwrap_err();
        assert_eq!(refusal(params(u32::MAX, 3, 1)), ParamsError::Memory(u32::MAX));
        assert_eq!(refusal(params(MAX_MEMORY_KIB + 1, 3, 1)), ParamsError::Memory(4_194_305));
        assert_eq!(refusal(params(7, 1, 1)), ParamsError::Memory(7));
        assert_eq!(refusal(params(127, 1, 16)), ParamsError::Memory(127));
        assert_eq!(refusal(params(64, 0, 1)), ParamsError::Passes(0));
        assert_eq!(refusal(params(64, 1025, 1)), ParamsError::Passes(1025));
        assert_eq!(refusal(params(64, 1, 0)), ParamsError::Lanes(0));
        assert_eq!(refusal(params(64, 1, u32::MAX)), ParamsError::Lanes(u32::MAX));
        assert!(params(8, 1, 1).derive(b"", &SALT).is_ok());
        assert!(params(128, 1, 16).derive(b"", &SALT).is_ok());
    }

    #[test]
    fn calibration_never_goes_below_the_floor() {
        assert_eq!(Argon2Params::calibrate(Duration::ZERO), Argon2Params::FLOOR);
        let target = Duration::from_millis(300);
        let raised = Argon2Params::calibrate(target);
        assert!(raised.passes >= Argon2Params::FLOOR.passes);
        assert_eq!(raised.memory_kib, Argon2Params::FLOOR.memory_kib);
        assert!(raised.checked().is_ok());
    }
}
