//! Values that are shown by their names and read by them.

/// The names of all of them, for people: those besides their own first.
pub(crate) fn names<T: Copy>(others: &[&'static str], all: &[T], name: fn(T) -> &'static str) -> String {
    let own = all.iter().map(|value| name(*value));
    others.iter().copied().chain(own).collect::<Vec<_>>().join(", ")
}

/// Shows values of an enum by their `name()`, and reads those of its list `ALL` by it: `$what` says in the error
/// what they are. A value may be read by another name besides.
macro_rules! by_name {
    ($type:ident, $error:ident, $what:literal $(, $other:expr => $value:expr)*) => {
        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.name())
            }
        }

        impl std::str::FromStr for $type {
            type Err = $error;

            fn from_str(text: &str) -> Result<Self, $error> {
                $(if text == $other {
                    return Ok($value);
                })*
                let found = Self::ALL.iter().find(|value| value.name() == text);
                found.copied().ok_or_else(|| $error { name: text.to_owned() })
            }
        }

        #[doc = concat!("There is no ", $what, " of this name.")]
        #[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
        #[error(
            "there is no {} `{name}`; there are {}",
            $what,
            $crate::consistency::by_name::names(&[$($other),*], $type::ALL, $type::name)
        )]
        pub struct $error {
            /// What was asked for.
            pub name: String,
        }
    };
}
pub(crate) use by_name;
