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

#[cfg(test)]
mod tests {
    use super::*;
    use hex_literal::hex;

    /// The product by the definition, with branches: the reference for `multiply`.
    fn model(a: u8, b: u8) -> u8 {
        let mut wide = (0..8)
            .filter(|bit| b >> bit & 1 == 1)
            .fold(0_u16, |sum, bit| sum ^ (u16::from(a) << bit));
        for bit in (8..16).rev() {
            if wide >> bit & 1 == 1 {
                wide ^= 0x11B << (bit - 8);
            }
        }
        wide.to_le_bytes()[0]
    }

    #[test]
    fn the_field_is_right_everywhere() {
        for a in 0..=255 {
            for b in 0..=255 {
                assert_eq!(multiply(a, b), model(a, b));
            }
            assert_eq!(multiply(a, invert(a)), u8::from(a != 0));
        }
        // FIPS 197 §4.2.
        assert_eq!(multiply(0x57, 0x83), 0xC1);
    }

    /// Computed by a separate program: threshold 3, secret 00 01 … 1f.
    #[test]
    fn agrees_with_another_implementation() {
        let shares = [
            (200, hex!("2d0624fcd2f34009c89c8a37483529541d94b56d0049fadbe70b1dbac5b86e13")),
            (1, hex!("60554a4f54696e73087d72777c71767b70659a9f64797e43584d42070c01060b")),
            (5, hex!("06eae918b43de6cf792370da7d04324b8c7638c9072ef57cf0510245e29b1b62")),
        ]
        .map(|(x, share)| (x, Secret::from_slice(&share).unwrap()));
        let shares = shares.each_ref().map(|(x, share)| (*x, share));
        let expected = hex!("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");
        assert_eq!(combine(&shares).unwrap().expose(), &expected);
    }

    /// Every subset of 6 shares: 4 or more give the secret, fewer do not.
    #[test]
    fn every_subset() {
        let secret = Secret::random();
        let shares = split(&secret, 4, 6);
        assert_eq!(shares.iter().map(|(x, _)| *x).collect::<Vec<_>>(), [1, 2, 3, 4, 5, 6]);
        for subset in 1_u32..1 << 6 {
            let chosen: Vec<_> =
                (0..6).filter(|i| subset >> i & 1 == 1).map(|i| &shares[i]).collect();
            let chosen: Vec<_> = chosen.into_iter().map(|(x, share)| (*x, share)).collect();
            let combined = combine(&chosen).unwrap();
            assert_eq!(combined.expose() == secret.expose(), chosen.len() >= 4);
        }
    }

    /// With k − 1 shares every secret is still possible, each by exactly one further share: for
    /// each value of a byte there is one value of the missing share that leads to it.
    #[test]
    fn fewer_shares_say_nothing() {
        let shares = split(&Secret::random(), 3, 3);
        let mut reached = [false; 256];
        for value in 0..=255 {
            let guess = Secret::init_with(|out| out.fill(value));
            let chosen = [(1, &shares[0].1), (2, &shares[1].1), (3, &guess)];
            let byte = combine(&chosen).unwrap().expose()[0];
            assert!(!std::mem::replace(&mut reached[usize::from(byte)], true));
        }
    }

    #[test]
    fn the_bounds() {
        let secret = Secret::random();
        let all = split(&secret, 255, 255);
        let all: Vec<_> = all.iter().map(|(x, share)| (*x, share)).collect();
        assert_eq!(combine(&all).unwrap().expose(), secret.expose());
        assert_ne!(combine(&all[1..]).unwrap().expose(), secret.expose());
        assert_eq!(split(&secret, 1, 2)[1].1.expose(), secret.expose());

        assert!(combine(&[]).is_none());
        assert!(combine(&[(0, &secret)]).is_none());
        assert!(combine(&[(9, &secret), (8, &secret), (9, &secret)]).is_none());
    }

    #[test]
    #[should_panic(expected = "threshold")]
    fn no_threshold_of_zero() {
        split(&Secret::random(), 0, 3);
    }

    #[test]
    #[should_panic(expected = "threshold")]
    fn no_threshold_above_the_shares() {
        split(&Secret::random(), 4, 3);
    }
}
