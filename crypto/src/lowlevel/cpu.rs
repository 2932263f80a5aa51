//! What this processor can do, as tokens: a value of one of these types exists only on a
//! processor that has the instructions, so who holds it may use them.

/// Work that is compiled anew for every set of instructions it is run with.
pub(crate) trait Task {
    /// What comes out of it.
    type Out;

    /// Does it. Has to be `#[inline(always)]`, as everything it calls on the way to an
    /// instruction: what is not inlined is compiled for the oldest processor.
    fn run(self) -> Self::Out;
}

/// A set of instructions that this processor has.
pub(crate) trait Cpu: Copy + Send + Sync + 'static {
    /// The token, if the processor has all of them.
    fn detect() -> Option<Self>;

    /// Runs a task that was compiled with them.
    fn run<T: Task>(self, task: T) -> T::Out;
}

macro_rules! cpu {
    ($(#[$doc:meta])* $name:ident: $($feature:tt),+) => {
        $(#[$doc])*
        #[derive(Clone, Copy)]
        pub(crate) struct $name(());

        impl Cpu for $name {
            fn detect() -> Option<Self> {
                ($(is_x86_feature_detected!($feature))&&+).then_some(Self(()))
            }

            #[inline]
            fn run<T: Task>(self, task: T) -> T::Out {
                $(#[target_feature(enable = $feature)])+
                fn compiled<T: Task>(task: T) -> T::Out {
                    task.run()
                }
                // SAFETY: `self` exists, so `detect` has seen that the processor has them all.
                unsafe { compiled(task) }
            }
        }
    };
}

cpu! {
    /// 512-bit vectors, with Galois field, AES and carry-less multiplication instructions on them:
    /// Intel since Ice Lake, AMD since Zen 4.
    Avx512: "avx512f", "avx512bw", "avx512dq", "avx512vl", "gfni", "vaes", "vpclmulqdq",
        "avx2", "aes", "pclmulqdq", "ssse3"
}

cpu! {
    /// 256-bit vectors, with Galois field and carry-less multiplication instructions on them:
    /// Intel since Alder Lake.
    Avx2Gfni: "avx2", "gfni", "vpclmulqdq", "aes", "pclmulqdq", "ssse3"
}

cpu! {
    /// 256-bit vectors, AES and carry-less multiplication on 128: Intel since Haswell, AMD Zen.
    Avx2Aes: "avx2", "aes", "pclmulqdq", "ssse3"
}

cpu! {
    /// 128-bit vectors, AES and carry-less multiplication: since Westmere.
    SsseAes: "aes", "pclmulqdq", "ssse3"
}

/// The 256-bit vectors, whatever comes with them.
pub(crate) trait Avx2: Cpu {}
impl Avx2 for Avx2Gfni {}
impl Avx2 for Avx2Aes {}

impl From<Avx2Aes> for SsseAes {
    fn from(_: Avx2Aes) -> Self {
        // The features of the one are among those of the other.
        Self(())
    }
}
