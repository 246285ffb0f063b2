//! Known bugs of protocols: each declared once, and which of them are switched on.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;
use std::marker::PhantomData;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A known bug: a deviation from the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FlawInfo {
    /// Its name in scenario files.
    pub name: &'static str,
    /// What it does wrong.
    pub summary: &'static str,
    /// Where it was seen: an issue, a paper.
    pub source: &'static str,
    /// The properties that it may violate, by name; the one it is known for first.
    pub violates: &'static [&'static str],
}

/// The known bugs of a protocol: an enum that [`flaws!`](crate::flaws) declares.
pub trait Flaw: Copy + 'static {
    /// All of them, in the order of their declaration; at most 128.
    const ALL: &'static [Self];

    /// What is known of each, in the same order.
    const INFOS: &'static [FlawInfo];

    /// Its place in them.
    fn index(self) -> usize;
}

/// Declares the known bugs of a protocol: an enum with one row for each. The doc of a row is what
/// `faultbed list flaws` says of it, its name is what scenario files write.
///
/// Makes the enum, which reads and writes itself by these names, and its [`Flaw`]. The crate that uses
/// it depends on `serde`, with its derives, and on `schemars`.
///
/// ```
/// use sim_core::{Flaw, Flaws};
///
/// sim_core::flaws! {
///     /// Ways to get two-phase commit wrong.
///     pub enum CommitFlaw {
///         /// A participant votes before its vote is durable.
///         UnsyncedVote {
///             name: "unsynced-vote",
///             source: "Gray 1978",
///             violates: &["Agreement"],
///         },
///         /// A coordinator that restarts commits
///         /// what it has not decided.
///         PresumesCommit {
///             name: "presumes-commit",
///             source: "Mohan et al. 1986, section 3",
///             violates: &["Agreement", "Validity"],
///         },
///     }
/// }
///
/// assert_eq!(CommitFlaw::INFOS[1].summary, "A coordinator that restarts commits what it has not decided.");
/// let flaws: Flaws<CommitFlaw> = serde_json::from_str(r#"["unsynced-vote"]"#).unwrap();
/// assert!(flaws.has(CommitFlaw::UnsyncedVote) && !flaws.has(CommitFlaw::PresumesCommit));
/// ```
#[macro_export]
macro_rules! flaws {
    (
        $(#[$meta:meta])*
        $visibility:vis enum $flaw:ident {
            $(
                $(#[doc = $doc:literal])+
                $variant:ident {
                    name: $name:literal,
                    source: $source:literal,
                    violates: $violates:expr $(,)?
                }
            ),* $(,)?
        }
    ) => {
        $(#[$meta])*
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord,
            ::serde::Serialize, ::serde::Deserialize, ::schemars::JsonSchema,
        )]
        $visibility enum $flaw {
            $(
                $(#[doc = $doc])+
                #[serde(rename = $name)]
                $variant,
            )*
        }

        impl $crate::Flaw for $flaw {
            const ALL: &'static [Self] = &[$(Self::$variant),*];

            const INFOS: &'static [$crate::FlawInfo] = &[
                $(
                    $crate::FlawInfo {
                        name: $name,
                        // Each line of a doc comment begins with a space.
                        summary: ::core::concat!($($doc),+).trim_ascii(),
                        source: $source,
                        violates: {
                            const VIOLATED: &[&str] = $violates;
                            assert!(!VIOLATED.is_empty(), "a known bug violates something");
                            VIOLATED
                        },
                    },
                )*
            ];

            #[inline]
            fn index(self) -> usize {
                self as usize
            }
        }
    };
}

/// Which known bugs are switched on. In files it is a list of their names.
pub struct Flaws<F> {
    bits: u128,
    of: PhantomData<F>,
}

impl<F: Flaw> Flaws<F> {
    /// Whether this one is switched on.
    #[inline]
    pub fn has(self, flaw: F) -> bool {
        self.bits & bit(flaw) != 0
    }

    /// Those that are switched on, in the order of their declaration.
    pub fn iter(self) -> impl Iterator<Item = F> {
        F::ALL.iter().copied().filter(move |flaw| self.has(*flaw))
    }
}

fn bit<F: Flaw>(flaw: F) -> u128 {
    const { assert!(F::ALL.len() <= 128, "more known bugs than there are bits") };
    1 << flaw.index()
}

impl<F> Clone for Flaws<F> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<F> Copy for Flaws<F> {}

/// None of them.
impl<F> Default for Flaws<F> {
    fn default() -> Self {
        Self { bits: 0, of: PhantomData }
    }
}

impl<F> PartialEq for Flaws<F> {
    fn eq(&self, other: &Self) -> bool {
        self.bits == other.bits
    }
}

impl<F> Eq for Flaws<F> {}

impl<F: Flaw + fmt::Debug> fmt::Debug for Flaws<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

impl<F: Flaw> FromIterator<F> for Flaws<F> {
    fn from_iter<I: IntoIterator<Item = F>>(flaws: I) -> Self {
        Self { bits: flaws.into_iter().fold(0, |bits, flaw| bits | bit(flaw)), of: PhantomData }
    }
}

impl<F: Flaw, const N: usize> From<[F; N]> for Flaws<F> {
    fn from(flaws: [F; N]) -> Self {
        flaws.into_iter().collect()
    }
}

impl<F: Flaw + Serialize> Serialize for Flaws<F> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

impl<'de, F: Flaw + Deserialize<'de>> Deserialize<'de> for Flaws<F> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Vec::<F>::deserialize(deserializer).map(|flaws| flaws.into_iter().collect())
    }
}

impl<F: JsonSchema> JsonSchema for Flaws<F> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("Flaws_of_{}", F::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        BTreeSet::<F>::json_schema(generator)
    }
}
