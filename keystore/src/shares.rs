//! Recovery shares: k of n printed texts that together open the store (Shamir 1979).

use std::fmt;

use sealkeep_crypto::codec::Reader;
use sealkeep_crypto::{Secret, SecretVec, Suite, eq_ct, hash, shamir};

use crate::text;

/// Shares that one set may have.
pub const MAX_SHARES: u8 = 16;
const MARK: &str = "SEALKEEP-SHARE-1 ";

/// One recovery share. Fewer than the threshold tell nothing about the secret.
pub struct Share {
    suite: Suite,
    /// Identifies the set; the custody's id.
    set: [u8; 16],
    index: u8,
    threshold: u8,
    total: u8,
    value: Secret<32>,
}

/// Why a share, or a set of shares, was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ShareError {
    /// The text is not a share, or was mistyped.
    #[error("not a recovery share, or mistyped")]
    NotAShare,
    /// The shares are of different sets.
    #[error("these shares are of different sets")]
    Mixed,
    /// The set is not one of this store, or was replaced.
    #[error("these shares are not of this key store, or were replaced by newer ones")]
    OtherSet,
    /// This share was altered.
    #[error("share {0} is not genuine")]
    Forged(u8),
    /// The same share was given twice.
    #[error("share {0} was given twice")]
    Twice(u8),
    /// More shares are needed.
    #[error("{have} shares given, {need} needed")]
    TooFew {
        /// Shares given.
        have: usize,
        /// Shares needed.
        need: usize,
    },
    /// A set has 2 to 16 shares and a threshold of at least 2.
    #[error("a set has 2 to 16 shares, of which at least 2 are needed")]
    Numbers,
}

impl fmt::Debug for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Share({} of {}, secret)", self.index, self.total)
    }
}

impl Share {
    /// Reads the text of a share, with or without the lines a kit prints around it.
    ///
    /// # Errors
    /// [`ShareError::NotAShare`] for anything else, and for typing errors.
    pub fn parse(text: &str) -> Result<Self, ShareError> {
        let line = text.lines().map(str::trim).find_map(|line| line.strip_prefix(MARK));
        let bytes =
            text::decode(line.ok_or(ShareError::NotAShare)?).ok_or(ShareError::NotAShare)?;
        let share = Self::decode(bytes.expose()).ok_or(ShareError::NotAShare)?;
        let numbers = share.threshold >= 2
            && share.threshold <= share.total
            && share.total <= MAX_SHARES
            && (1..=share.total).contains(&share.index);
        if numbers { Ok(share) } else { Err(ShareError::NotAShare) }
    }

    /// One line of text to print and lock away.
    pub fn to_text(&self) -> SecretVec {
        let mut bytes = SecretVec::zeroed(52);
        let out = bytes.expose_mut();
        out[0] = self.suite.id();
        out[1] = self.index;
        out[2] = self.threshold;
        out[3] = self.total;
        out[4..20].copy_from_slice(&self.set);
        out[20..].copy_from_slice(self.value.expose());
        text::encode(MARK, bytes.expose(), "")
    }

    /// The number of this share, from 1.
    pub fn index(&self) -> u8 {
        self.index
    }

    /// Shares needed to open the store.
    pub fn threshold(&self) -> u8 {
        self.threshold
    }

    /// Shares in the set.
    pub fn total(&self) -> u8 {
        self.total
    }

    /// The id of the set, the same as the custody's.
    pub fn set(&self) -> [u8; 16] {
        self.set
    }

    /// Binds number, threshold and value; stands in the store for every share of the set.
    pub(crate) fn commitment(&self) -> [u8; 16] {
        let numbers = [self.index, self.threshold, self.total];
        let parts: [&[u8]; 4] = [b"sealkeep/v1/share", &self.set, &numbers, self.value.expose()];
        hash(self.suite, &parts)[..16].try_into().expect("a hash is longer")
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let mut reader = Reader::new(bytes, "share");
        let suite = Suite::from_id(reader.u8().ok()?)?;
        let (index, threshold, total) = (reader.u8().ok()?, reader.u8().ok()?, reader.u8().ok()?);
        let set = reader.array().ok()?;
        let value = Secret::from_slice(reader.take(32).ok()?)?;
        reader.end().ok()?;
        Some(Self { suite, set, index, threshold, total, value })
    }
}

/// Splits the static secret of a custody.
pub(crate) fn split(
    suite: Suite,
    secret: &Secret<32>,
    set: [u8; 16],
    threshold: u8,
    total: u8,
) -> Result<Vec<Share>, ShareError> {
    if threshold < 2 || threshold > total || total > MAX_SHARES {
        return Err(ShareError::Numbers);
    }
    let shares = shamir::split(secret, threshold, total).into_iter();
    Ok(shares.map(|(index, value)| Share { suite, set, index, threshold, total, value }).collect())
}

/// The one set that all the shares are of.
pub(crate) fn one_set(shares: &[Share]) -> Result<[u8; 16], ShareError> {
    let set = shares.first().ok_or(ShareError::TooFew { have: 0, need: 2 })?.set;
    if shares.iter().any(|share| share.set != set) { Err(ShareError::Mixed) } else { Ok(set) }
}

/// Every share must be the one that was given out.
pub(crate) fn authenticate(
    shares: &[Share],
    suite: Suite,
    commitments: &[[u8; 16]],
) -> Result<(), ShareError> {
    for share in shares {
        let genuine = commitments.get(usize::from(share.index) - 1);
        let same = genuine.is_some_and(|genuine| eq_ct(genuine, &share.commitment()));
        if !same || share.suite != suite {
            return Err(ShareError::Forged(share.index));
        }
    }
    Ok(())
}

/// Puts the static secret together from authenticated shares of one set.
pub(crate) fn combine(shares: &[Share]) -> Result<Secret<32>, ShareError> {
    for (at, share) in shares.iter().enumerate() {
        if shares[..at].iter().any(|other| other.index == share.index) {
            return Err(ShareError::Twice(share.index));
        }
    }
    let need = shares.first().map_or(2, |share| share.threshold.into());
    if shares.len() < need {
        return Err(ShareError::TooFew { have: shares.len(), need });
    }
    let points: Vec<_> = shares[..need].iter().map(|share| (share.index, &share.value)).collect();
    shamir::combine(&points).ok_or(ShareError::NotAShare)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_typed_in_and_combine() {
        let secret = Secret::random();
        let shares = split(Suite::Aes256Gcm, &secret, [7; 16], 2, 3).expect("2 of 3");
        let texts: Vec<String> = shares
            .iter()
            .map(|share| String::from_utf8(share.to_text().expose().to_vec()).expect("text"))
            .collect();
        let typed = [
            texts[2].to_lowercase().replacen("sealkeep-share-1", "SEALKEEP-SHARE-1", 1),
            texts[0].clone(),
        ];
        let typed: Vec<Share> =
            typed.iter().map(|text| Share::parse(text).expect("parses")).collect();
        assert_eq!(combine(&typed).expect("two of three").expose(), secret.expose());

        assert_eq!(combine(&typed[..1]).err(), Some(ShareError::TooFew { have: 1, need: 2 }));
        let twice =
            [Share::parse(&texts[0]).expect("parses"), Share::parse(&texts[0]).expect("parses")];
        assert_eq!(combine(&twice).err(), Some(ShareError::Twice(1)));
        let code = &texts[0][MARK.len()..];
        for at in 0..code.len() {
            let mut typo = code.as_bytes().to_vec();
            typo[at] = if typo[at] == b'Q' { b'R' } else { b'Q' };
            if code.as_bytes()[at] != b'-' {
                let typo = format!("{MARK}{}", String::from_utf8(typo).expect("text"));
                assert_eq!(Share::parse(&typo).err(), Some(ShareError::NotAShare), "letter {at}");
            }
        }
    }

    #[test]
    fn forged_shares_are_named() {
        let mut shares = split(Suite::Sm4Gcm, &Secret::random(), [7; 16], 2, 3).expect("2 of 3");
        let commitments: Vec<_> = shares.iter().map(Share::commitment).collect();
        assert_eq!(authenticate(&shares, Suite::Sm4Gcm, &commitments), Ok(()));
        shares[1].value.expose_mut()[0] ^= 1;
        assert_eq!(authenticate(&shares, Suite::Sm4Gcm, &commitments), Err(ShareError::Forged(2)));
        assert!(split(Suite::Sm4Gcm, &Secret::random(), [7; 16], 1, 3).is_err());
    }
}
