//! Sharing a secret so that any `k` of `n` shares give it back and fewer say nothing about it
//! (Shamir, *How to share a secret*, 1979), byte by byte over GF(2⁸) with the polynomial 0x11B.
//!
//! Field operations use neither tables nor branches on secret values.

use crate::Secret;

/// Splits `secret` to `n` shares, numbered x = 1 … n, of which any `k` suffice.
///
/// A share does not know `k`, nor which secret it belongs to; the caller keeps that beside it.
///
/// # Panics
/// Unless 1 ≤ `k` ≤ `n`, or if the operating system has no randomness.
pub fn split(secret: &Secret<32>, k: u8, n: u8) -> Vec<(u8, Secret<32>)> {
    assert!(1 <= k && k <= n, "the threshold lies between 1 and the number of shares");
    let mut polynomial = vec![secret.duplicate()];
    polynomial.resize_with(usize::from(k), Secret::random);
    (1..=n).map(|x| (x, evaluate(&polynomial, x))).collect()
}

/// The secret whose shares these are, by interpolation at x = 0.
///
/// With fewer shares than the threshold, or with a share that was altered, the result is some
/// other value; the caller checks it against what it opens. `None` if there is no share, a
/// number is 0, or two shares have the same number.
pub fn combine(shares: &[(u8, &Secret<32>)]) -> Option<Secret<32>> {
    let mut seen = [false; 256];
    for (x, _) in shares {
        if *x == 0 || std::mem::replace(&mut seen[usize::from(*x)], true) {
            return None;
        }
    }
    if shares.is_empty() {
        return None;
    }
    let mut secret = Secret::<32>::zeroed();
    for (x, share) in shares {
        let weight = lagrange_at_zero(*x, shares.iter().map(|(other, _)| *other));
        for (out, y) in secret.expose_mut().iter_mut().zip(share.expose()) {
            *out ^= multiply(*y, weight);
        }
    }
    Some(secret)
}

/// The value at `x` of the polynomials with these coefficients, lowest first (Horner's rule).
fn evaluate(polynomial: &[Secret<32>], x: u8) -> Secret<32> {
    let mut value = Secret::<32>::zeroed();
    for coefficient in polynomial.iter().rev() {
        for (out, c) in value.expose_mut().iter_mut().zip(coefficient.expose()) {
            *out = multiply(*out, x) ^ c;
        }
    }
    value
}

/// ∏ xⱼ / (xⱼ − x) over the other numbers xⱼ; minus is exclusive or.
fn lagrange_at_zero(x: u8, all: impl Iterator<Item = u8>) -> u8 {
    all.filter(|other| *other != x)
        .fold(1, |product, other| multiply(product, multiply(other, invert(other ^ x))))
}

/// Multiplication in GF(2⁸), in constant time.
fn multiply(mut a: u8, b: u8) -> u8 {
    let mut product = 0;
    for bit in 0..8 {
        product ^= a & ((b >> bit) & 1).wrapping_neg();
        a = (a << 1) ^ (0x1B & (a >> 7).wrapping_neg());
    }
    product
}

/// a⁻¹ = a²⁵⁴; 0 for 0.
fn invert(a: u8) -> u8 {
    let mut power = a;
    let mut inverse = 1;
    for _ in 1..8 {
        power = multiply(power, power);
        inverse = multiply(inverse, power);
    }
    inverse
}
