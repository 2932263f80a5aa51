//! The one encoding of a certificate's file: a DSSE envelope with one signature, byte for byte.

use data_encoding::BASE64;

use super::error::{Error, Result};

/// The payload type of the envelope.
pub const PAYLOAD_TYPE: &str = "application/vnd.sealkeep.certificate+json";

/// A certificate's file, taken apart. Nothing in it is verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedFile {
    /// The JSON that is signed.
    pub payload: Vec<u8>,
    /// The store's signature over [`pre_authentication`] of the payload.
    pub signature: [u8; 64],
}

impl SignedFile {
    /// Takes a file apart.
    ///
    /// # Errors
    /// [`Error::Malformed`] for every byte that is not what [`to_bytes`](Self::to_bytes) writes.
    pub fn parse(bytes: &[u8]) -> Result<Self> {
        let rest = bytes.strip_prefix(START.as_bytes()).ok_or_else(|| other("its start"))?;
        let rest = rest.strip_suffix(END.as_bytes()).ok_or_else(|| other("its end"))?;
        let quote =
            rest.iter().position(|&byte| byte == b'"').ok_or_else(|| other("its payload"))?;
        let (payload, rest) = rest.split_at(quote);
        let signature = rest
            .strip_prefix(MIDDLE.as_bytes())
            .ok_or_else(|| other("what stands between payload and signature"))?;
        let payload = BASE64.decode(payload).map_err(|_| other("the base64 of its payload"))?;
        let signature =
            BASE64.decode(signature).map_err(|_| other("the base64 of its signature"))?;
        let signature = signature.try_into().map_err(|_| other("the length of its signature"))?;
        Ok(Self { payload, signature })
    }

    /// The file.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let room = START.len() + MIDDLE.len() + END.len() + 88;
        let mut out = String::with_capacity(self.payload.len().div_ceil(3) * 4 + room);
        out.push_str(START);
        BASE64.encode_append(&self.payload, &mut out);
        out.push_str(MIDDLE);
        BASE64.encode_append(&self.signature, &mut out);
        out.push_str(END);
        out.into_bytes()
    }
}

/// What is signed: the PAE of DSSE ("Signature Definition" of its protocol).
#[must_use]
pub fn pre_authentication(payload: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(payload.len() + 80);
    let (kind, len) = (PAYLOAD_TYPE, payload.len());
    out.extend_from_slice(format!("DSSEv1 {} {kind} {len} ", kind.len()).as_bytes());
    out.extend_from_slice(payload);
    out
}

fn other(what: &str) -> Error {
    Error::Malformed(format!("{what} is not as it is written"))
}

const START: &str = r#"{"payload":""#;
const MIDDLE: &str = concat!(
    r#"","payloadType":"application/vnd.sealkeep.certificate+json","#,
    r#""signatures":[{"keyid":"store","sig":""#,
);
const END: &str = "\"}]}\n";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_one_encoding() {
        assert!(MIDDLE.contains(PAYLOAD_TYPE));
        let file = SignedFile { payload: b"{\"a\":1}".to_vec(), signature: [7; 64] };
        let bytes = file.to_bytes();
        assert_eq!(SignedFile::parse(&bytes).unwrap(), file);
        let parsed: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(parsed["payloadType"], PAYLOAD_TYPE);
        assert_eq!(parsed["signatures"][0]["keyid"], "store");
        // Whatever is read is what is written: no byte can be another one and mean the same.
        for at in 0..bytes.len() {
            for bit in 0..8 {
                let mut changed = bytes.clone();
                changed[at] ^= 1 << bit;
                if let Ok(read) = SignedFile::parse(&changed) {
                    assert_ne!(read, file, "byte {at}, bit {bit}");
                    assert_eq!(read.to_bytes(), changed);
                }
            }
        }
        assert!(SignedFile::parse(&bytes[..bytes.len() - 1]).is_err());
        assert!(SignedFile::parse(&[&bytes[..], b"\n"].concat()).is_err());
    }
}
