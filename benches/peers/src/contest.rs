//! Who is measured against whom, at what.

use std::fmt;
use std::str::FromStr;

use sealkeep_crypto::Suite;

use crate::contender::Contender;
use crate::gcrypt::{self, Gcrypt};
use crate::{crates, libcrypto, ours};

/// An algorithm that is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    Aes256Gcm,
    Sm4Gcm,
    Sha256,
    Sm3,
}

impl Subject {
    /// Everything there is, in the order of the tables.
    pub const ALL: [Subject; 4] =
        [Subject::Aes256Gcm, Subject::Sm4Gcm, Subject::Sha256, Subject::Sm3];

    /// The name in options.
    pub const fn name(self) -> &'static str {
        match self {
            Subject::Aes256Gcm => "aes256-gcm",
            Subject::Sm4Gcm => "sm4-gcm",
            Subject::Sha256 => "sha256",
            Subject::Sm3 => "sm3",
        }
    }

    /// What is timed.
    pub const fn operations(self) -> &'static [&'static str] {
        match self {
            Subject::Aes256Gcm | Subject::Sm4Gcm => &["seal", "open"],
            Subject::Sha256 | Subject::Sm3 => &["hash"],
        }
    }

    /// The contenders that the others are compared with.
    pub const fn bases(self) -> &'static [&'static str] {
        match self {
            Subject::Aes256Gcm | Subject::Sha256 => &["aws-lc-rs", "ring"],
            Subject::Sm4Gcm => &["libgcrypt", "libgcrypt without AVX2", "`sm4` crate"],
            Subject::Sm3 => &["libgcrypt", "`sm3` crate"],
        }
    }

    /// Bytes in a key.
    pub const fn key_len(self) -> usize {
        match self {
            Subject::Aes256Gcm => 32,
            Subject::Sm4Gcm => 16,
            Subject::Sha256 | Subject::Sm3 => 0,
        }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Subject::Aes256Gcm => "AES-256-GCM",
            Subject::Sm4Gcm => "SM4-GCM",
            Subject::Sha256 => "SHA-256",
            Subject::Sm3 => "SM3",
        })
    }
}

impl FromStr for Subject {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let found = Subject::ALL.into_iter().find(|subject| subject.name() == name);
        found.ok_or_else(|| format!("unknown suite or hash: {name}"))
    }
}

/// A subject and everybody who offers it here.
pub struct Contest {
    /// What is measured.
    pub subject: Subject,
    /// Ours first.
    pub contenders: Vec<Contender>,
    /// Who is missing and why, for the reader.
    pub absent: Vec<String>,
}

impl Contest {
    /// Everybody who offers `subject`.
    pub fn new(subject: Subject, gcrypt: &Result<Gcrypt, String>) -> Self {
        let none = Vec::new();
        let ((contenders, absent), crates) = match subject {
            Subject::Aes256Gcm => (ours::aead(Suite::Aes256Gcm), crates::aes256_gcm()),
            Subject::Sm4Gcm => (ours::aead(Suite::Sm4Gcm), crates::sm4_gcm()),
            Subject::Sha256 => ((ours::hashes(Suite::Aes256Gcm), none), crates::sha256()),
            Subject::Sm3 => ((ours::hashes(Suite::Sm4Gcm), none), crates::sm3()),
        };
        let mut contest = Self { subject, contenders, absent };
        contest.contenders.extend(crates);
        match gcrypt {
            Ok(gcrypt) => {
                contest.contenders.extend(of_gcrypt(subject, gcrypt));
                contest.absent.extend_from_slice(gcrypt.absent());
            }
            Err(problem) => contest.absent.push(format!("libgcrypt: {problem}")),
        }
        contest.add_libcrypto();
        contest
    }

    fn add_libcrypto(&mut self) {
        let found = match self.subject {
            Subject::Aes256Gcm => libcrypto::gcm("AES-256-GCM"),
            Subject::Sm4Gcm => libcrypto::gcm("SM4-GCM"),
            Subject::Sha256 => libcrypto::hash("SHA256"),
            Subject::Sm3 => libcrypto::hash("SM3"),
        };
        if found.is_none() {
            self.absent.push(format!("{} does not offer {}", libcrypto::version(), self.subject));
        }
        self.contenders.extend(found);
        if self.subject == Subject::Sm4Gcm {
            self.contenders.extend(libcrypto::sm4_ctr());
        }
    }
}

fn of_gcrypt(subject: Subject, gcrypt: &Gcrypt) -> Vec<Contender> {
    match subject {
        Subject::Aes256Gcm => gcrypt.gcm(gcrypt::Algorithm::Aes256),
        Subject::Sm4Gcm => gcrypt.gcm(gcrypt::Algorithm::Sm4),
        Subject::Sha256 => gcrypt.hashes(gcrypt::Algorithm::Sha256),
        Subject::Sm3 => gcrypt.hashes(gcrypt::Algorithm::Sm3),
    }
}
