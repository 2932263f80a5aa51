//! DSSE envelopes: signed JSON that other programs can verify (DSSE v1.0.2, `docs/spec/vault.md` §10).

use data_encoding::BASE64;
use sealkeep_crypto::{SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize};

use super::error::Refused;

/// The bytes of an envelope around `payload`, which is of the type `application/vnd.sealkeep.KIND+json`.
///
/// # Panics
/// Never: the envelope is made of strings.
#[must_use]
pub fn sign(kind: &str, payload: &[u8], key: &SigningKey, key_id: &str) -> Vec<u8> {
    let payload_type = payload_type(kind);
    let signature = key.sign(&pre_authentication(&payload_type, payload));
    let envelope = Envelope {
        payload: BASE64.encode(payload),
        payload_type,
        signatures: vec![Signature { keyid: key_id.to_owned(), sig: BASE64.encode(&signature) }],
    };
    let mut bytes = serde_json::to_vec_pretty(&envelope).expect("strings can be written as JSON");
    bytes.push(b'\n');
    bytes
}

/// The payload of an envelope of this kind that has a signature by this key.
///
/// # Errors
/// `Malformed`, also if it is of another kind; `Unauthentic`.
pub fn verify(kind: &str, bytes: &[u8], key: &VerifyingKey) -> Result<Vec<u8>, Refused> {
    let envelope: Envelope = serde_json::from_slice(bytes).map_err(|_| Refused::Malformed)?;
    if envelope.payload_type != payload_type(kind) {
        return Err(Refused::Malformed);
    }
    let payload = decode(&envelope.payload)?;
    let signed = pre_authentication(&envelope.payload_type, &payload);
    let ours = |signature: &Signature| {
        let signature = decode(&signature.sig).ok()?;
        key.verify(&signed, signature.as_slice().try_into().ok()?).ok()
    };
    envelope.signatures.iter().find_map(ours).ok_or(Refused::Unauthentic)?;
    Ok(payload)
}

#[derive(Serialize, Deserialize)]
struct Envelope {
    payload: String,
    #[serde(rename = "payloadType")]
    payload_type: String,
    signatures: Vec<Signature>,
}

#[derive(Serialize, Deserialize)]
struct Signature {
    #[serde(default)]
    keyid: String,
    sig: String,
}

/// PAE (DSSE protocol, "Signature Definition").
fn pre_authentication(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    let mut out =
        format!("DSSEv1 {} {payload_type} {} ", payload_type.len(), payload.len()).into_bytes();
    out.extend_from_slice(payload);
    out
}

fn payload_type(kind: &str) -> String {
    format!("application/vnd.sealkeep.{kind}+json")
}

fn decode(text: &str) -> Result<Vec<u8>, Refused> {
    BASE64.decode(text.as_bytes()).map_err(|_| Refused::Malformed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use sealkeep_crypto::{Secret, Suite};

    #[test]
    fn the_encoding_is_that_of_the_protocol() {
        let encoded = pre_authentication("http://example.com/HelloWorld", b"hello world");
        assert_eq!(encoded, b"DSSEv1 29 http://example.com/HelloWorld 11 hello world");
    }

    #[test]
    fn kind_payload_and_signer_are_fixed() {
        for suite in Suite::ALL {
            let key = SigningKey::from_seed(suite, &Secret::random());
            let public = key.verifying_key();
            let bytes = sign("drill", b"{\"failed\":0}", &key, "fingerprint");
            assert_eq!(verify("drill", &bytes, &public).unwrap(), b"{\"failed\":0}");
            assert_eq!(verify("register", &bytes, &public), Err(Refused::Malformed));
            let other = SigningKey::from_seed(suite, &Secret::random()).verifying_key();
            assert_eq!(verify("drill", &bytes, &other), Err(Refused::Unauthentic));
            let text = String::from_utf8(bytes).unwrap();
            let changed = text.replace(&BASE64.encode(b"{\"failed\":0}"), &BASE64.encode(b"{}"));
            assert_ne!(changed, text);
            assert_eq!(verify("drill", changed.as_bytes(), &public), Err(Refused::Unauthentic));
            let retyped = text.replace("drill", "register");
            assert_eq!(verify("register", retyped.as_bytes(), &public), Err(Refused::Unauthentic));
            assert_eq!(verify("drill", b"{}", &public), Err(Refused::Malformed));
        }
    }
}
