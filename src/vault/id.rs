//! Names of sixteen random bytes.

/// Defines an id: sixteen bytes, shown as lower-case hexadecimal digits.
macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub [u8; 16]);

        impl $name {
            /// A new one.
            #[must_use]
            pub fn random() -> Self {
                Self(sealkeep_crypto::random::array())
            }

            /// The one that these 32 hexadecimal digits show, as the names of files have them.
            #[must_use]
            pub fn parse(digits: &str) -> Option<Self> {
                $crate::vault::id::parse(digits).map(Self)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, "{}({self})", stringify!($name))
            }
        }
    };
}

pub(crate) use id;

/// Reads 32 lower-case hexadecimal digits.
pub(crate) fn parse(digits: &str) -> Option<[u8; 16]> {
    let lower = |digit: u8| matches!(digit, b'0'..=b'9' | b'a'..=b'f');
    if digits.len() != 32 || !digits.bytes().all(lower) {
        return None;
    }
    u128::from_str_radix(digits, 16).ok().map(u128::to_be_bytes)
}

#[cfg(test)]
mod tests {
    use crate::vault::pack::PackId;

    #[test]
    fn an_id_has_one_spelling() {
        let id = PackId([0xab; 16]);
        assert_eq!(PackId::parse(&id.to_string()), Some(id));
        for bad in ["", "ab", &"AB".repeat(16), &"ab".repeat(17), &format!("+{}", "a".repeat(31))] {
            assert_eq!(PackId::parse(bad), None, "{bad}");
        }
    }
}
