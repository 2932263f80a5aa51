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
/// Hashes the [`parts`] of a message, each on its own.
pub type HashParts = Box<dyn FnMut(&[u8]) -> Vec<Digest> + Send>;

/// Sixteen parts of a message, equally long if its length can be divided so.
pub fn parts(message: &[u8]) -> Vec<&[u8]> {
    message.chunks(message.len().div_ceil(16).max(1)).collect()
}

/// What one thread works with.
pub enum Worker {
    /// A key set up.
    Aead(Box<dyn Aead>),
    /// A hash function.
    Hash(Hash),
    /// A hash function of several messages.
    HashParts(HashParts),
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

    /// A contender that hashes the [`parts`] of a message.
    pub fn hash_parts<H>(name: impl Into<String>, make: impl Fn() -> H + 'static) -> Self
    where
        H: FnMut(&[u8]) -> Vec<Digest> + Send + 'static,
    {
        let make = move |_: &[u8]| Worker::HashParts(Box::new(make()));
        Self { name: name.into(), make: Box::new(make) }
    }

    /// Sets up a worker; a hash ignores the key.
    pub fn worker(&self, key: &[u8]) -> Worker {
        (self.make)(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::SIZES;

    #[test]
    fn parts_make_up_the_message() {
        for len in SIZES.map(|(_, len)| len) {
            let message = vec![1; len];
            let parts = parts(&message);
            assert_eq!(parts.len(), 16);
            assert!(parts.iter().all(|part| part.len() == len / 16));
        }
        for len in [0, 1, 15, 16, 17, 1000] {
            let message: Vec<u8> = (0..=250).cycle().take(len).collect();
            assert_eq!(parts(&message).concat(), message);
            assert!(parts(&message).len() <= 16);
        }
    }
}
