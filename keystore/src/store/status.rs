//! What a store says of itself, opened or not.

use std::time::Duration;

use sealkeep_crypto::Suite;

use super::{CopyStatus, KeyStore, Location, locate, open_database};
use crate::cell::CellFile;
use crate::custody::{Custody, CustodyKind, kinds};
use crate::db::Head;
use crate::error::Result;
use crate::medium::Medium;
use crate::root::Restore;

/// What can be said of a store without opening it.
#[derive(Clone, Debug)]
pub struct Peek {
    /// The store's id.
    pub store: [u8; 16],
    /// Its suite.
    pub suite: Suite,
    /// How often it was restored, plus one.
    pub incarnation: u16,
    /// How many restrictive acts it has seen, plus one.
    pub epoch: u64,
    /// Number of its last commit.
    pub sequence: u64,
    /// The ways to open it, by id.
    pub custodies: Vec<([u8; 16], CustodyKind)>,
    /// What the root cell lies on.
    pub medium: Medium,
}

/// What an unlocked store says of itself.
#[derive(Clone, Debug)]
pub struct Status {
    /// What can be said without opening it.
    pub peek: Peek,
    /// When the store was made, Unix seconds.
    pub created: u64,
    /// Its custodies.
    pub custodies: Vec<Custody>,
    /// Scopes ever made.
    pub scopes: u32,
    /// Entries in the tombstone feed.
    pub tombstones: u64,
    /// Restores it has been through.
    pub restores: Vec<Restore>,
    /// Registered copies.
    pub copies: Vec<CopyStatus>,
}

impl KeyStore {
    /// What can be said of a store without a custody.
    ///
    /// # Errors
    /// As [`KeyStore::open`], except for custody.
    pub fn peek(location: &Location, wait: Duration) -> Result<Peek> {
        let db = open_database(location, wait)?;
        let (head, selected) = locate(location, &db, &CellFile::at(&location.cell), wait)?;
        Ok(peek(location, &head, selected.slot.custodies))
    }

    /// What the store says of itself.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn status(&mut self) -> Result<Status> {
        self.read(|_, _| Ok(()))?;
        let root = &self.session.root;
        Ok(Status {
            peek: peek(&self.location, &self.session.head, kinds(&root.custodies)),
            created: root.created,
            custodies: root.custodies.clone(),
            scopes: root.scopes,
            tombstones: self.session.head.feed.count,
            restores: root.restores.clone(),
            copies: self.copies()?,
        })
    }
}

fn peek(location: &Location, head: &Head, custodies: Vec<([u8; 16], CustodyKind)>) -> Peek {
    Peek {
        store: head.store,
        suite: head.suite,
        incarnation: head.incarnation,
        epoch: head.epoch,
        sequence: head.sequence,
        custodies,
        medium: Medium::of(&location.cell),
    }
}
