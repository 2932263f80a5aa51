//! Affine maps of bytes, as 8 × 8 matrices over GF(2), computed at compile time.
//!
//! A matrix is written as `GF2P8AFFINEQB` reads it: the row that gives bit i of the result is
//! byte 7 − i of the number, and bit j of a row stands for bit j of the byte that is mapped.

/// M · x
pub(crate) const fn apply(m: u64, x: u8) -> u8 {
    let rows = m.to_be_bytes();
    let (mut result, mut i) = (0, 0);
    while i < 8 {
        let odd = (rows[i] & x).count_ones() % 2 == 1;
        result |= (odd as u8) << i;
        i += 1;
    }
    result
}

/// The matrix whose column j is `columns[j]`, the image of bit j.
pub(crate) const fn from_columns(columns: [u8; 8]) -> u64 {
    let mut rows = [0; 8];
    let mut j = 0;
    while j < 8 {
        let mut i = 0;
        while i < 8 {
            rows[i] |= (columns[j] >> i & 1) << j;
            i += 1;
        }
        j += 1;
    }
    u64::from_be_bytes(rows)
}

/// A · B: first B, then A.
pub(crate) const fn product(a: u64, b: u64) -> u64 {
    let mut columns = [0; 8];
    let mut j = 0;
    while j < 8 {
        columns[j] = apply(a, apply(b, 1 << j));
        j += 1;
    }
    from_columns(columns)
}

/// M⁻¹, if there is one; otherwise a matrix of no use.
pub(crate) const fn inverse(m: u64) -> u64 {
    let mut columns = [0; 8];
    let mut x = u8::MAX;
    while x > 0 {
        let image = apply(m, x);
        if image.is_power_of_two() {
            columns[image.trailing_zeros() as usize] = x;
        }
        x -= 1;
    }
    from_columns(columns)
}

/// x ↦ x
pub(crate) const IDENTITY: u64 = 0x0102_0408_1020_4080;
/// x ↦ x ≪ 2
pub(crate) const SHIFT_2: u64 = from_columns([4, 8, 16, 32, 64, 128, 0, 0]);
/// x ↦ x ⋘ 2
pub(crate) const ROTATE_2: u64 = from_columns([4, 8, 16, 32, 64, 128, 1, 2]);

/// The affine map in the S-box of AES, FIPS 197 §5.1.1: without and with its constant.
const AES_BOX: u64 = from_columns([0x1F, 0x3E, 0x7C, 0xF8, 0xF1, 0xE3, 0xC7, 0x8F]);
const AES_BOX_CONSTANT: u8 = 0x63;

/// An affine map as two tables of sixteen, for the halves of a byte. Small enough to be registers.
pub(crate) struct Nibbles {
    /// Images of 0x00 to 0x0F.
    pub(crate) low: [u8; 16],
    /// Images of 0x00, 0x10 to 0xF0, without the constant.
    pub(crate) high: [u8; 16],
}

impl Nibbles {
    /// x ↦ M · x ⊕ C
    pub(crate) const fn of(m: u64, c: i32) -> Self {
        let mut tables = Self { low: [0; 16], high: [0; 16] };
        let [c, ..] = c.to_le_bytes();
        let mut x: u8 = 0;
        while x < 16 {
            tables.low[x as usize] = apply(m, x) ^ c;
            tables.high[x as usize] = apply(m, x << 4);
            x += 1;
        }
        tables
    }

    /// The map that makes M · x⁻¹ ⊕ C of what the S-box of AES made of x.
    pub(crate) const fn after_aes_box(m: u64, c: i32) -> Self {
        let m = product(m, inverse(AES_BOX));
        Self::of(m, c ^ apply(m, AES_BOX_CONSTANT) as i32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_and_inverses() {
        for m in [SHIFT_2 ^ IDENTITY, ROTATE_2, AES_BOX, IDENTITY] {
            assert_eq!(product(m, inverse(m)), IDENTITY);
            assert_eq!(product(IDENTITY, m), m);
            for x in 0..=255 {
                assert_eq!(apply(product(ROTATE_2, m), x), apply(m, x).rotate_left(2));
            }
        }
    }
}
