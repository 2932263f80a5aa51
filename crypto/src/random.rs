//! Randomness from the operating system; there is no generator of our own.

/// Fills `out` with random bytes (`getrandom(2)` on Linux).
///
/// # Panics
/// If the operating system has no randomness to give. Nothing can be sealed safely then, and no
/// caller could do better than stop.
pub fn fill(out: &mut [u8]) {
    getrandom::fill(out).expect("the operating system gives random bytes");
}

/// `N` random bytes, for salts, nonces and identifiers. For keys use
/// [`Secret::random`](crate::Secret::random).
///
/// # Panics
/// As [`fill`].
pub fn array<const N: usize>() -> [u8; N] {
    let mut out = [0; N];
    fill(&mut out);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_draws_differ() {
        assert_ne!(array::<32>(), array::<32>());
        assert_eq!(array::<0>(), []);
    }
}
