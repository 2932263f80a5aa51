//! Signing certificates: the store signs only what it knows to be so from its own ledger.

use data_encoding::HEXLOWER;
use serde::Deserialize;
use serde_json::json;

use super::KeyStore;
use crate::approval::inventory::Reader;
use crate::approval::register::{Entered, Excerpt, Register, RequestRecord, RequestState, Touched};
use crate::approval::{Digest, OfficerKey};
use crate::base64;
use crate::dsse::Envelope;
use crate::error::{Error, Result};
use crate::ledger::{Event, StoreEvent};

/// What the store checks of a certificate; the rest follows from it, and is for whoever verifies.
#[derive(Deserialize)]
struct Essentials {
    schema: String,
    number: String,
    request: Digest,
    store: Identity,
    genesis: Digest,
    inventory: Listed,
    execution: String,
}

#[derive(Deserialize)]
struct Identity {
    id: String,
    suite: String,
    key: String,
    incarnation: u16,
}

#[derive(Deserialize)]
struct Listed {
    root: Digest,
    lines: Vec<String>,
}

impl KeyStore {
    /// Signs a certificate: the bytes of its file. An entry of the ledger, `certified`, is durable before.
    ///
    /// # Errors
    /// [`Error::NotCertified`] unless the request is done by the store's own ledger, and list, record of execution, genesis
    /// and store are the ones that it knows.
    pub fn sign_certificate(&mut self, payload: Vec<u8>) -> Result<Vec<u8>> {
        let said: Essentials = serde_json::from_slice(&payload).map_err(refused)?;
        self.check_identity(&said)?;
        let (request, number) = (said.request, said.number.clone());
        self.check_done(said)?;
        let digest = Digest::of(self.suite(), &payload);
        let mut file = Envelope::new("certificate", payload);
        file.sign(0, "store", &self.signer);
        let detail = json!({ "payload": digest, "number": number });
        let detail = detail.as_object().cloned().unwrap_or_default();
        let event =
            StoreEvent { operation: "certified".to_owned(), detail, request: Some(request.0) };
        self.log(vec![Event::Store(event)])?;
        Ok(file.to_bytes())
    }

    fn check_identity(&self, said: &Essentials) -> Result<()> {
        let root = &self.session.root;
        let key = OfficerKey(self.signer.verifying_key()).to_string();
        let same = said.schema == "sealkeep/certificate/v1"
            && said.store.id == HEXLOWER.encode(&root.store)
            && said.store.suite == self.suite().name()
            && said.store.key == key
            && said.store.incarnation == root.incarnation;
        if same { Ok(()) } else { Err(refused("it is of another key store")) }
    }

    /// That the request is done, with this list and this record of execution.
    fn check_done(&mut self, said: Essentials) -> Result<()> {
        let suite = self.suite();
        let mut reader = Reader::new(suite);
        let mut touched = Touched::default();
        for line in &said.inventory.lines {
            let item = reader.push(line).map_err(refused)?;
            touched.insert(said.request, [&item]);
        }
        let mut excerpt = Excerpt::new(said.request);
        for entry in self.registered_entries()? {
            let entered = Entered::read(suite, entry.index, &entry.body).map_err(refused)?;
            if let Some(entered) = entered {
                excerpt.take(entered, &touched);
            }
        }
        let register = Register::new(self.session.root.store, suite);
        let register = excerpt.replay(register, &touched).map_err(refused)?;
        let record = register.request(&said.request);
        let record = record.ok_or_else(|| refused("there is no such request"))?;
        if register.genesis() != Some(said.genesis) {
            return Err(refused("it names another genesis"));
        }
        let listed = reader.finish().map_err(refused)?.summary;
        if listed != record.request.inventory || listed.root != said.inventory.root {
            return Err(refused("the list is not the one that was approved"));
        }
        self.check_record(record, &said.number, &said.execution)
    }

    fn check_record(&self, record: &RequestRecord, number: &str, execution: &str) -> Result<()> {
        if record.state != RequestState::Done {
            return Err(refused(format!("the request is {}", record.state.name())));
        }
        if record.request.number.as_str() != number {
            return Err(refused("the request has another number"));
        }
        let bytes = base64::decode(execution).ok_or_else(|| refused("its encoding"))?;
        let (_, digest) = self.read_record(&bytes).map_err(refused)?;
        if record.execution != Some(digest) {
            return Err(refused("the record of execution is another one"));
        }
        Ok(())
    }
}

fn refused(why: impl ToString) -> Error {
    Error::NotCertified(why.to_string())
}
