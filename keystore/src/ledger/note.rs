//! Signed notes and checkpoints (c2sp.org/signed-note, tlog-checkpoint, tlog-cosignature), and the same with SM2.

use std::fmt;
use std::str::FromStr;

use data_encoding::{BASE64, HEXLOWER};
use sealkeep_crypto::{SigningKey, Suite, VerifyingKey, hash};

use crate::base64;

use super::merkle::Hash;

/// A text and signatures over it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// What is signed; ends with a line feed.
    pub text: String,
    /// In the order in which they stand.
    pub signatures: Vec<NoteSignature>,
}

/// One signature line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoteSignature {
    /// Whose it claims to be.
    pub name: String,
    /// Which key of that name.
    pub key_id: [u8; 4],
    /// What follows the key id.
    pub signature: Vec<u8>,
}

/// Why a note, a checkpoint or a verifier key is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NoteError {
    /// The text is no signed note.
    #[error("not a signed note")]
    NotANote,
    /// What is signed is no checkpoint.
    #[error("not a checkpoint")]
    NotACheckpoint,
    /// The text is no verifier key.
    #[error("not a verifier key")]
    NotAVerifier,
    /// None of the signatures claims to be of this key.
    #[error("it is not signed by this key")]
    NotSigned,
    /// The signature that claims to be of this key is not.
    #[error("the signature is wrong")]
    WrongSignature,
}

/// The head of a ledger: how many entries, and the root of their tree.
///
/// ```
/// use sealkeep_crypto::{Secret, SigningKey, Suite};
/// use sealkeep_keystore::ledger::{Checkpoint, Note, Verifier, cosign};
///
/// let log = SigningKey::from_seed(Suite::Sm4Gcm, &Secret::random());
/// let checkpoint = Checkpoint { origin: "example.com/log".into(), size: 2, root: [7; 32] };
/// let note = checkpoint.sign(&log).to_string();
///
/// let witness = SigningKey::from_seed(Suite::Aes256Gcm, &Secret::random());
/// let note: Note = cosign(&note, "wang", &witness, 1_800_000_000)?.parse()?;
/// assert_eq!(Verifier::log("example.com/log", log.verifying_key()).checkpoint(&note)?, checkpoint);
/// let signed = Verifier::witness("wang", witness.verifying_key()).verify(&note)?;
/// assert_eq!(signed.time, Some(1_800_000_000));
/// # Ok::<(), sealkeep_keystore::ledger::NoteError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// Which ledger.
    pub origin: String,
    /// Entries in it.
    pub size: u64,
    /// The root of the tree of all of them.
    pub root: Hash,
}

/// A public key under a name, and what its signatures are over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verifier {
    name: String,
    role: Role,
    key: VerifyingKey,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    /// Signs the text.
    Log,
    /// Signs the text together with a time.
    Witness,
}

/// A signature that was found right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signed {
    /// When a witness says that it saw the checkpoint, Unix seconds.
    pub time: Option<u64>,
}

/// The origin of a store's ledger; a restore begins a new one.
#[must_use]
pub fn origin(store: &[u8; 16], incarnation: u16) -> String {
    format!("sealkeep.invalid/ledger/{}/{incarnation}", HEXLOWER.encode(store))
}

/// Adds an officer's signature, with the time, to a signed checkpoint.
///
/// # Errors
/// [`NoteError::NotANote`] and [`NoteError::NotACheckpoint`].
///
/// # Panics
/// When the name is empty or has blanks or `+`, which no officer's id has.
pub fn cosign(note: &str, name: &str, key: &SigningKey, time: u64) -> Result<String, NoteError> {
    let mut note: Note = note.parse()?;
    Checkpoint::from_text(&note.text)?;
    let witness = Verifier::witness(name, key.verifying_key());
    let mut signature = time.to_be_bytes().to_vec();
    signature.extend_from_slice(&key.sign(timed(time, &note.text).as_bytes()));
    let name = name.to_owned();
    note.signatures.push(NoteSignature { name, key_id: witness.key_id(), signature });
    Ok(note.to_string())
}

impl Checkpoint {
    /// The text that is signed.
    #[must_use]
    pub fn to_text(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, BASE64.encode(&self.root))
    }

    /// Reads the text of a note. Further lines, which other logs may have, are ignored.
    ///
    /// # Errors
    /// [`NoteError::NotACheckpoint`].
    pub fn from_text(text: &str) -> Result<Self, NoteError> {
        let read = || {
            let mut lines = text.strip_suffix('\n')?.split('\n');
            let origin = lines.next().filter(|line| !line.is_empty())?.to_owned();
            let size = number(lines.next()?)?;
            let root = base64::decode(lines.next()?)?.try_into().ok()?;
            lines.all(|line| !line.is_empty()).then_some(Self { origin, size, root })
        };
        read().ok_or(NoteError::NotACheckpoint)
    }

    /// The checkpoint as the ledger signs it.
    ///
    /// # Panics
    /// When the origin is empty or has blanks or `+`.
    #[must_use]
    pub fn sign(&self, key: &SigningKey) -> Note {
        let verifier = Verifier::log(&self.origin, key.verifying_key());
        let text = self.to_text();
        let signature = key.sign(text.as_bytes()).to_vec();
        let name = self.origin.clone();
        Note {
            text,
            signatures: vec![NoteSignature { name, key_id: verifier.key_id(), signature }],
        }
    }
}

impl Verifier {
    /// The key of a ledger, named by its origin.
    ///
    /// # Panics
    /// When the name is empty or has blanks or `+`.
    #[must_use]
    pub fn log(origin: &str, key: VerifyingKey) -> Self {
        Self::new(origin, Role::Log, key)
    }

    /// The key of an officer who witnesses checkpoints.
    ///
    /// # Panics
    /// When the name is empty or has blanks or `+`, which no officer's id has.
    #[must_use]
    pub fn witness(officer: &str, key: VerifyingKey) -> Self {
        Self::new(officer, Role::Witness, key)
    }

    fn new(name: &str, role: Role, key: VerifyingKey) -> Self {
        assert!(is_name(name), "names of keys have no blanks and no plus");
        Self { name: name.to_owned(), role, key }
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The public key.
    #[must_use]
    pub fn key(&self) -> &VerifyingKey {
        &self.key
    }

    /// The id by which signature lines name the key.
    #[must_use]
    pub fn key_id(&self) -> [u8; 4] {
        let digest = hash(self.key.suite(), &[self.name.as_bytes(), b"\n", &self.type_and_key()]);
        [digest[0], digest[1], digest[2], digest[3]]
    }

    /// What this key's signature on the note says.
    ///
    /// # Errors
    /// [`NoteError::NotSigned`] and [`NoteError::WrongSignature`].
    pub fn verify(&self, note: &Note) -> Result<Signed, NoteError> {
        let key_id = self.key_id();
        let own = |line: &&NoteSignature| line.name == self.name && line.key_id == key_id;
        let mut said = Err(NoteError::NotSigned);
        // A second wrong signature of a known key makes the note suspect, not only that line.
        for line in note.signatures.iter().filter(own) {
            let signed = self.verify_line(&note.text, &line.signature)?;
            said = said.or(Ok(signed));
        }
        said
    }

    /// The checkpoint in a note, if this ledger signed it.
    ///
    /// # Errors
    /// As [`Verifier::verify`]; [`NoteError::NotACheckpoint`] if it is of another origin, too.
    pub fn checkpoint(&self, note: &Note) -> Result<Checkpoint, NoteError> {
        self.verify(note)?;
        let checkpoint = Checkpoint::from_text(&note.text)?;
        if checkpoint.origin != self.name {
            return Err(NoteError::NotACheckpoint);
        }
        Ok(checkpoint)
    }

    fn verify_line(&self, text: &str, line: &[u8]) -> Result<Signed, NoteError> {
        let wrong = NoteError::WrongSignature;
        let (time, signature) = match self.role {
            Role::Log => (None, line),
            Role::Witness => {
                let (time, signature) = line.split_first_chunk().ok_or(wrong)?;
                (Some(u64::from_be_bytes(*time)), signature)
            }
        };
        let signature = signature.try_into().map_err(|_| wrong)?;
        let message = match time {
            None => text.to_owned(),
            Some(time) => timed(time, text),
        };
        self.key.verify(message.as_bytes(), signature).map_err(|_| wrong)?;
        Ok(Signed { time })
    }

    fn type_and_key(&self) -> Vec<u8> {
        let mut bytes = prefix(self.key.suite(), self.role).to_vec();
        bytes.extend(self.key.to_bytes());
        bytes
    }
}

/// `name+key id+base64 of type and key`, as C2SP tools read it.
impl fmt::Display for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (id, key) = (HEXLOWER.encode(&self.key_id()), BASE64.encode(&self.type_and_key()));
        write!(f, "{}+{id}+{key}", self.name)
    }
}

impl FromStr for Verifier {
    type Err = NoteError;

    fn from_str(text: &str) -> Result<Self, NoteError> {
        let read = || {
            let mut parts = text.splitn(3, '+');
            let (name, id, key) = (parts.next()?, parts.next()?, parts.next()?);
            let key = base64::decode(key)?;
            let verifier = TYPES.iter().find_map(|&(suite, role)| {
                let public = key.strip_prefix(prefix(suite, role))?;
                let key = VerifyingKey::from_bytes(suite, public)?;
                is_name(name).then(|| Self { name: name.to_owned(), role, key })
            })?;
            (HEXLOWER.encode(&verifier.key_id()) == id).then_some(verifier)
        };
        read().ok_or(NoteError::NotAVerifier)
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.text)?;
        for line in &self.signatures {
            let signature = BASE64.encode(&[&line.key_id, &line.signature[..]].concat());
            writeln!(f, "{DASH}{} {signature}", line.name)?;
        }
        Ok(())
    }
}

impl FromStr for Note {
    type Err = NoteError;

    fn from_str(note: &str) -> Result<Self, NoteError> {
        if note.len() > LONGEST || note.bytes().any(|byte| byte < b' ' && byte != b'\n') {
            return Err(NoteError::NotANote);
        }
        let (text, lines) = note.rsplit_once("\n\n").ok_or(NoteError::NotANote)?;
        let lines = lines.strip_suffix('\n').ok_or(NoteError::NotANote)?.split('\n');
        let signatures: Option<Vec<NoteSignature>> = lines.map(signature_line).collect();
        let signatures = signatures.ok_or(NoteError::NotANote)?;
        Ok(Self { text: format!("{text}\n"), signatures })
    }
}

fn signature_line(line: &str) -> Option<NoteSignature> {
    let (name, signature) = line.strip_prefix(DASH)?.split_once(' ')?;
    let bytes = base64::decode(signature)?;
    let (key_id, signature) = bytes.split_first_chunk()?;
    if !is_name(name) || signature.is_empty() {
        return None;
    }
    Some(NoteSignature { name: name.to_owned(), key_id: *key_id, signature: signature.to_vec() })
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && !name.contains(|c: char| c == '+' || c.is_whitespace() || c < ' ')
}

/// A number as C2SP writes it: decimal, no zeros in front.
pub(super) fn number(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let plain = digits && (text == "0" || !text.starts_with('0'));
    plain.then(|| text.parse().ok()).flatten()
}

/// What a witness signs.
fn timed(time: u64, text: &str) -> String {
    format!("cosignature/v1\ntime {time}\n{text}")
}

/// The bytes before the public key: C2SP's type, or ours, which has none of theirs.
fn prefix(suite: Suite, role: Role) -> &'static [u8] {
    match (suite, role) {
        (Suite::Aes256Gcm, Role::Log) => b"\x01",
        (Suite::Aes256Gcm, Role::Witness) => b"\x04",
        (Suite::Sm4Gcm, Role::Log) => b"\xffsealkeep/sm2-sm3",
        (Suite::Sm4Gcm, Role::Witness) => b"\xffsealkeep/sm2-sm3-cosignature",
    }
}

const TYPES: [(Suite, Role); 4] = [
    (Suite::Aes256Gcm, Role::Log),
    (Suite::Aes256Gcm, Role::Witness),
    (Suite::Sm4Gcm, Role::Log),
    (Suite::Sm4Gcm, Role::Witness),
];
const DASH: &str = "\u{2014} ";
/// Longer than any checkpoint with signatures of all that may stand on it.
const LONGEST: usize = 1 << 20;

#[cfg(test)]
mod tests {
    use sealkeep_crypto::Secret;

    use super::*;

    fn keys(suite: Suite) -> [SigningKey; 2] {
        [1, 2].map(|byte| {
            SigningKey::from_seed(suite, &Secret::from_slice(&[byte; 32]).expect("32 bytes"))
        })
    }

    fn checkpoint() -> Checkpoint {
        Checkpoint { origin: origin(&[0xab; 16], 3), size: 70_000, root: [9; 32] }
    }

    /// The example of c2sp.org/signed-note.
    #[test]
    fn the_note_of_the_specification() {
        let verifier: Verifier =
            "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
                .parse()
                .expect("a key");
        let text = "This is an example message.\n\n\u{2014} example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n";
        let note: Note = text.parse().expect("a note");
        assert_eq!(note.text, "This is an example message.\n");
        assert_eq!(note.to_string(), text);
        assert_eq!(verifier.verify(&note), Ok(Signed { time: None }));
        assert_eq!(verifier.checkpoint(&note), Err(NoteError::NotACheckpoint));
    }

    /// A checkpoint of a Certificate Transparency log that is published, signed by the log and a witness.
    #[test]
    fn a_checkpoint_of_other_peoples_programs() {
        let verifier = |text: &str| text.parse::<Verifier>().expect("a key");
        let log = verifier(
            "arche2025h1.staging.ct.transparency.dev+ba2f06c0+AU0vHmlGCS/PdN8b2OaGmKprLI8HKM+dJ472xgFYh15f",
        );
        let witness =
            verifier("remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2");
        let note: Note = "arche2025h1.staging.ct.transparency.dev\n1432088532\nU7WM79jrzyhGZ5/GUBTpM7NzwdyfFx61t3RovgcC4Ro=\n\n\
            \u{2014} arche2025h1.staging.ct.transparency.dev ui8GwCF1+kWqZrxGdhj4aX3gcw7XUlXQQabg/27lefwhUkzbC3NygNI75MdhL1bfTW9g8Ei59RA23oHP7Ry1k3ZFWwQ=\n\
            \u{2014} remora.n621.de 2net5wAAAABqEiEgPlfF3V06o0Y+fHM+J5J9s27wgxxcOVSpZ/2g/KSiXCg9DEZI+aVCIobWX9sXTynk5XeU/zZ0WBxtqB0DrAWfBw==\n"
            .parse()
            .expect("a note");
        assert_eq!(log.checkpoint(&note).map(|found| found.size), Ok(1_432_088_532));
        assert_eq!(witness.verify(&note), Ok(Signed { time: Some(0x6a12_2120) }));
    }

    /// The example of Go's `golang.org/x/mod/sumdb/note`, signed anew with its key.
    #[test]
    fn the_note_of_go() {
        let private = BASE64.decode(b"AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz").expect("text");
        let seed = Secret::from_slice(&private[1..]).expect("32 bytes");
        let key = SigningKey::from_seed(Suite::Aes256Gcm, &seed);
        let verifier = Verifier::log("PeterNeumann", key.verifying_key());
        let known = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
        assert_eq!(verifier.to_string(), known);
        let text = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
        let mut signature = verifier.key_id().to_vec();
        signature.extend_from_slice(&key.sign(text.as_bytes()));
        assert_eq!(
            BASE64.encode(&signature),
            "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM="
        );
    }

    #[test]
    fn verifier_keys_read_back_and_bad_ones_are_refused() {
        for (suite, role) in TYPES {
            let [key, _] = keys(suite);
            let verifier = Verifier::new("a.b/c", role, key.verifying_key());
            let text = verifier.to_string();
            assert_eq!(text.parse(), Ok(verifier));
            for at in 0..text.len() {
                let mut other = text.clone().into_bytes();
                other[at] ^= 1;
                let other = String::from_utf8(other).expect("ASCII");
                assert_eq!(other.parse::<Verifier>(), Err(NoteError::NotAVerifier), "{other}");
            }
        }
        assert!(
            keys(Suite::Aes256Gcm)[0].verifying_key() != keys(Suite::Aes256Gcm)[1].verifying_key()
        );
    }

    #[test]
    fn checkpoints_are_signed_and_witnessed_in_both_suites() {
        for (log_suite, witness_suite) in
            [(Suite::Aes256Gcm, Suite::Aes256Gcm), (Suite::Sm4Gcm, Suite::Sm4Gcm)]
        {
            let ([log, other], [witness, _]) = (keys(log_suite), keys(witness_suite));
            let checkpoint = checkpoint();
            let signed = checkpoint.sign(&log).to_string();
            let text = cosign(&signed, "wang.wu", &witness, 1_800_000_000).expect("signed");
            let note: Note = text.parse().expect("a note");
            assert_eq!(note.to_string(), text);
            let by_log = Verifier::log(&checkpoint.origin, log.verifying_key());
            assert_eq!(by_log.checkpoint(&note), Ok(checkpoint.clone()));
            let by_witness = Verifier::witness("wang.wu", witness.verifying_key());
            assert_eq!(by_witness.verify(&note), Ok(Signed { time: Some(1_800_000_000) }));

            // Other keys and other names are not asked for; of known ones every bit counts.
            let stranger = Verifier::log(&checkpoint.origin, other.verifying_key());
            assert_eq!(stranger.verify(&note), Err(NoteError::NotSigned));
            let stranger = Verifier::witness("wang", witness.verifying_key());
            assert_eq!(stranger.verify(&note), Err(NoteError::NotSigned));
            for line in 0..2 {
                let verifier = [&by_log, &by_witness][line];
                for at in 0..note.signatures[line].signature.len() {
                    let mut bad = note.clone();
                    bad.signatures[line].signature[at] ^= 1;
                    assert_eq!(verifier.verify(&bad), Err(NoteError::WrongSignature));
                }
                let mut bad = note.clone();
                bad.text = bad.text.replace("70000", "70001");
                assert_eq!(verifier.verify(&bad), Err(NoteError::WrongSignature));
                bad = note.clone();
                bad.signatures[line].signature.pop();
                assert_eq!(verifier.verify(&bad), Err(NoteError::WrongSignature));
            }
        }
    }

    #[test]
    fn a_witness_cannot_pass_for_the_ledger() {
        let [key, _] = keys(Suite::Aes256Gcm);
        let log = Verifier::log("name", key.verifying_key());
        let witness = Verifier::witness("name", key.verifying_key());
        assert_ne!(log.key_id(), witness.key_id());
    }

    #[test]
    fn notes_and_checkpoints_that_are_none() {
        let good = "o\n1\nCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQk=\n";
        assert!(Checkpoint::from_text(good).is_ok());
        assert!(Checkpoint::from_text(&format!("{good}extension\n")).is_ok());
        for bad in [
            String::new(),
            good.replacen('o', "", 1),
            good.replacen('1', "01", 1),
            good.replacen('1', "+1", 1),
            good.replacen('1', "", 1),
            good.replacen("CQ", "", 1),
            good.replacen("k=", "k", 1),
            good.replacen("CQk=", "CQl=", 1),
            format!("{good}\n"),
            good.trim_end().to_owned(),
        ] {
            assert_eq!(Checkpoint::from_text(&bad), Err(NoteError::NotACheckpoint), "{bad:?}");
        }
        let line = "\u{2014} n AAAAAAA=";
        assert!(format!("t\n\n{line}\n").parse::<Note>().is_ok());
        for bad in [
            "t\n".to_owned(),
            "t\n\n".to_owned(),
            format!("t\n{line}\n"),
            format!("t\n\n{line}"),
            format!("t\n\n{line}\n\n"),
            format!("t\r\n\n{line}\n"),
            format!("t\n\n{}\n", line.replace(" n ", " n+ ")),
            format!("t\n\n{}\n", line.replace(" n ", "  ")),
            format!("t\n\n{}\n", line.replace('\u{2014}', "-")),
            format!("t\n\n{}\n", line.replace("AAAAAAA=", "AAAAAA==")),
        ] {
            assert_eq!(bad.parse::<Note>(), Err(NoteError::NotANote), "{bad:?}");
        }
    }
}
