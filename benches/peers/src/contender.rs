//! What a contender is: a name and a way to set up a key, or a hash, of its own for each thread.

/// A nonce, as every contender takes it.
pub type Nonce = [u8; 12];
/// An authentication tag, as every contender makes it.
pub type Tag = [u8; 16];
/// A hash; both algorithms give 32 bytes.
pub type Digest = [u8; 32];

/// A key that is ready to seal and open, in place, with the tag apart. One thread uses it at a
/// time, since some libraries keep the state of a message in it.
pub trait Aead: Send {
    /// Encrypts `data` and gives the tag over it and `aad`.
    fn seal(&mut self, nonce: &Nonce, aad: &[u8], data: &mut [u8]) -> Tag;

    /// Decrypts `data`; whether the tag was right.
    fn open(&mut self, nonce: &Nonce, aad: &[u8], data: &mut [u8], tag: &Tag) -> bool;

    /// Whether it authenticates at all: a bare cipher may stand in as a bound.
    fn authenticates(&self) -> bool {
        true
    }
}

/// Hashes a message at once.
pub type Hash = Box<dyn FnMut(&[u8]) -> Digest + Send>;

/// What one thread works with.
pub enum Worker {
    /// A key set up.
    Aead(Box<dyn Aead>),
    /// A hash function.
    Hash(Hash),
}

type Make = Box<dyn Fn(&[u8]) -> Worker>;

/// One row of a table.
pub struct Contender {
    /// Its name there.
    pub name: String,
    make: Make,
}

impl Contender {
    /// A contender that seals; `make` sets up a key.
    pub fn aead<A: Aead + 'static>(
        name: impl Into<String>,
        make: impl Fn(&[u8]) -> A + 'static,
    ) -> Self {
        let make = move |key: &[u8]| Worker::Aead(Box::new(make(key)));
        Self { name: name.into(), make: Box::new(make) }
    }

    /// A contender that hashes; `make` sets up what the function keeps.
    pub fn hash<H>(name: impl Into<String>, make: impl Fn() -> H + 'static) -> Self
    where
        H: FnMut(&[u8]) -> Digest + Send + 'static,
    {
        let make = move |_: &[u8]| Worker::Hash(Box::new(make()));
        Self { name: name.into(), make: Box::new(make) }
    }

    /// Sets up a worker; a hash ignores the key.
    pub fn worker(&self, key: &[u8]) -> Worker {
        (self.make)(key)
    }
}
