//! Which implementation of a suite's AEAD runs.

use std::fmt;

/// An implementation of [`Aead`](crate::Aead), [`BlockCipher`](crate::BlockCipher) or
/// [`hash_many`](crate::hash_many()), named by the instructions it needs.
///
/// [`Suite::aead`](crate::Suite::aead) takes the fastest that this processor can run;
/// [`Suite::aead_at`](crate::Suite::aead_at) is for tests and measurements.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Level {
    /// No instructions in particular: `ring` for AES-256-GCM, which makes a choice of its own;
    /// the `sm4` and `aes-gcm` crates for SM4-GCM, the reference for the other levels.
    Portable,
    /// x86-64 with SSSE3, AES-NI and PCLMULQDQ: Intel since Westmere.
    SsseAes,
    /// x86-64 with AVX2, AES-NI and PCLMULQDQ: Intel since Haswell, AMD since Zen.
    Avx2Aes,
    /// x86-64 with AVX2, GFNI and VPCLMULQDQ: Intel since Alder Lake.
    Avx2Gfni,
    /// x86-64 with AVX-512, GFNI, VAES and VPCLMULQDQ: Intel since Ice Lake, AMD since Zen 4.
    Avx512,
}

impl Level {
    /// All levels, the slowest first.
    pub const ALL: &'static [Level] =
        &[Level::Portable, Level::SsseAes, Level::Avx2Aes, Level::Avx2Gfni, Level::Avx512];

    /// Whether this processor has the instructions.
    pub fn available(self) -> bool {
        #[cfg(target_arch = "x86_64")]
        use crate::lowlevel::cpu::{Avx2Aes, Avx2Gfni, Avx512, Cpu, SsseAes};
        match self {
            Level::Portable => true,
            #[cfg(target_arch = "x86_64")]
            Level::SsseAes => SsseAes::detect().is_some(),
            #[cfg(target_arch = "x86_64")]
            Level::Avx2Aes => Avx2Aes::detect().is_some(),
            #[cfg(target_arch = "x86_64")]
            Level::Avx2Gfni => Avx2Gfni::detect().is_some(),
            #[cfg(target_arch = "x86_64")]
            Level::Avx512 => Avx512::detect().is_some(),
            #[cfg(not(target_arch = "x86_64"))]
            _ => false,
        }
    }

    /// The name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Level::Portable => "portable",
            Level::SsseAes => "ssse3-aes",
            Level::Avx2Aes => "avx2-aes",
            Level::Avx2Gfni => "avx2-gfni",
            Level::Avx512 => "avx512",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
