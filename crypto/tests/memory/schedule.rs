//! What keys are expanded to, in plain arithmetic.

/// The 15 round keys of AES-256, FIPS 197 §5.2.
pub(crate) fn aes_256(key: &[u8; 32]) -> [[u8; 16]; 15] {
    let mut bytes = [0; 240];
    bytes[..32].copy_from_slice(key);
    let mut rcon = 1;
    for i in 8..60 {
        let mut word = [0, 1, 2, 3].map(|j| bytes[4 * i - 4 + j]);
        if i % 8 == 0 {
            word.rotate_left(1);
        }
        if i % 4 == 0 {
            word = word.map(aes_box);
        }
        if i % 8 == 0 {
            word[0] ^= rcon;
            rcon = times(0x11B, rcon, 2);
        }
        for (j, byte) in word.into_iter().enumerate() {
            bytes[4 * i + j] = bytes[4 * i + j - 32] ^ byte;
        }
    }
    std::array::from_fn(|i| std::array::from_fn(|j| bytes[16 * i + j]))
}

/// The 32 round keys of SM4, GB/T 32907-2016 §7.3.
pub(crate) fn sm4(key: &[u8; 16]) -> [u32; 32] {
    const FK: [u32; 4] = [0xA3B1_BAC6, 0x56AA_3350, 0x677D_9197, 0xB270_22DC];
    let word = |i: usize| u32::from_be_bytes([0, 1, 2, 3].map(|j| key[4 * i + j])) ^ FK[i];
    let mut k = [0, 1, 2, 3].map(word);
    std::array::from_fn(|i| {
        let ck: [u8; 4] = std::array::from_fn(|j| ((4 * i + j) * 7).to_le_bytes()[0]);
        let sum = k[1] ^ k[2] ^ k[3] ^ u32::from_be_bytes(ck);
        let b = u32::from_be_bytes(sum.to_be_bytes().map(sm4_box));
        let next = k[0] ^ b ^ b.rotate_left(13) ^ b.rotate_left(23);
        k = [k[1], k[2], k[3], next];
        next
    })
}

/// A round key of SM4 as the kernels keep it (`kernel/sm4.rs`): each byte multiplied by a matrix,
/// with a constant, and four times.
pub(crate) fn sm4_entered(round_key: u32) -> [u8; 16] {
    const PRE: [u8; 8] = 0x4C28_7DB9_1A22_505D_u64.to_be_bytes();
    let entered = round_key.to_be_bytes().map(|byte| {
        let bit = |i: usize| u8::from((PRE[i] & byte).count_ones() % 2 == 1) << i;
        (0..8).map(bit).sum::<u8>() ^ 0x3E
    });
    std::array::from_fn(|i| entered[i / 4])
}

/// The product in the field of GHASH, SP 800-38D §6.3, of blocks as big-endian numbers.
pub(crate) fn ghash_times(x: u128, y: u128) -> u128 {
    let (mut z, mut v) = (0, y);
    for i in (0..128).rev() {
        z ^= if x >> i & 1 == 1 { v } else { 0 };
        v = v >> 1 ^ if v & 1 == 1 { 0xE1 << 120 } else { 0 };
    }
    z
}

/// A power of the hash key as the kernels keep it (`kernel/ghash.rs`): shifted by one place.
pub(crate) fn ghash_entered(h: u128) -> [u8; 16] {
    (h << 1 ^ (h >> 127).wrapping_neg() & (0xC2 << 120 | 1)).to_le_bytes()
}

/// The product in GF(2⁸), with the polynomial that defines the field.
fn times(polynomial: u32, a: u8, b: u8) -> u8 {
    let (mut a, mut product) = (u32::from(a), 0);
    for i in 0..8 {
        product ^= if b >> i & 1 == 1 { a } else { 0 };
        a = a << 1 ^ if a & 0x80 == 0 { 0 } else { polynomial };
    }
    u8::try_from(product).unwrap()
}

fn inverse(polynomial: u32, x: u8) -> u8 {
    (0..254).fold(1, |power, _| times(polynomial, power, x))
}

/// FIPS 197 §5.1.1.
fn aes_box(x: u8) -> u8 {
    let b = inverse(0x11B, x);
    b ^ b.rotate_left(1) ^ b.rotate_left(2) ^ b.rotate_left(3) ^ b.rotate_left(4) ^ 0x63
}

/// A · (A · x ⊕ c)⁻¹ ⊕ c, see `kernel/sm4/tests.rs`.
fn sm4_box(x: u8) -> u8 {
    let affine = |x: u8| {
        (0..8).filter(|i| x >> i & 1 == 1).fold(0xD3, |sum, i| sum ^ 0xCB_u8.rotate_left(i))
    };
    affine(inverse(0x1F5, affine(x)))
}
