//! Two vectors as one.

use crate::lowlevel::vector::{Field, Square, Transform, Vector};

/// A vector and another one behind it.
///
/// Everything is done twice, the second time with data that does not depend on the first. So a
/// processor that has to wait for a result has something else to do.
#[derive(Clone, Copy)]
pub(crate) struct Pair<V>(V, V);

impl<V: Vector> Vector for Pair<V> {
    type Cpu = V::Cpu;
    const LANES: u8 = 2 * V::LANES;

    #[inline(always)]
    fn cpu(self) -> V::Cpu {
        self.0.cpu()
    }

    #[inline(always)]
    fn load(cpu: V::Cpu, bytes: &[u8]) -> Self {
        let (low, high) = bytes[..Self::LEN].split_at(V::LEN);
        Self(V::load(cpu, low), V::load(cpu, high))
    }

    #[inline(always)]
    fn store(self, bytes: &mut [u8]) {
        let (low, high) = bytes[..Self::LEN].split_at_mut(V::LEN);
        self.0.store(low);
        self.1.store(high);
    }

    #[inline(always)]
    fn splat(cpu: V::Cpu, bytes: [u8; 4]) -> Self {
        let vector = V::splat(cpu, bytes);
        Self(vector, vector)
    }

    #[inline(always)]
    fn xor(self, b: Self) -> Self {
        Self(self.0.xor(b.0), self.1.xor(b.1))
    }

    #[inline(always)]
    fn xor3(self, b: Self, c: Self) -> Self {
        Self(self.0.xor3(b.0, c.0), self.1.xor3(b.1, c.1))
    }

    #[inline(always)]
    fn add_bytes(self, b: Self) -> (Self, Self) {
        let (low, high) = (self.0.add_bytes(b.0), self.1.add_bytes(b.1));
        (Self(low.0, high.0), Self(low.1, high.1))
    }

    #[inline(always)]
    fn and(self, b: Self) -> Self {
        Self(self.0.and(b.0), self.1.and(b.1))
    }

    #[inline(always)]
    fn interleave(self, b: Self) -> (Self, Self) {
        let (low, high) = (self.0.interleave(b.0), self.1.interleave(b.1));
        (Self(low.0, high.0), Self(low.1, high.1))
    }
}

impl<V: Field> Field for Pair<V> {
    type Half = V;
    type Hash = V::Hash;

    #[inline(always)]
    fn hash_cpu(cpu: V::Cpu) -> <V::Hash as Vector>::Cpu {
        V::hash_cpu(cpu)
    }

    /// First to the one half and then to the other, which takes fewer registers at a time than
    /// both instruction by instruction.
    #[inline(always)]
    fn transform(x: Square<Self>, by: &impl Transform) -> Square<Self> {
        let mut low = [[x[0][0].0; 4]; 4];
        let mut high = [[x[0][0].1; 4]; 4];
        for i in 0..4 {
            for j in 0..4 {
                (low[i][j], high[i][j]) = (x[i][j].0, x[i][j].1);
            }
        }
        let (low, high) = (V::transform(low, by), V::transform(high, by));
        let mut result = x;
        for i in 0..4 {
            for j in 0..4 {
                result[i][j] = Self(low[i][j], high[i][j]);
            }
        }
        result
    }

    #[inline(always)]
    fn affine<const M: u64, const C: i32>(self) -> Self {
        Self(self.0.affine::<M, C>(), self.1.affine::<M, C>())
    }

    #[inline(always)]
    fn affine_of_inverse<const M: u64, const C: i32>(self) -> Self {
        Self(self.0.affine_of_inverse::<M, C>(), self.1.affine_of_inverse::<M, C>())
    }
}
