//! The protocols that scenarios can name.

use schemars::generate::SchemaSettings;
use sim_core::{AnySystem, SystemInfo, SystemUnderTest, erased};

use crate::file::common_properties;

/// The protocols that scenarios can name.
///
/// ```
/// use scenarios::Registry;
///
/// let registry = Registry::standard();
/// for protocol in registry.protocols() {
///     assert!(registry.find(protocol.name).is_some());
/// }
/// ```
#[derive(Clone, Debug, Default)]
pub struct Registry {
    entries: Vec<Entry>,
}

/// A protocol, and what can be told of it.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) info: SystemInfo,
    pub(crate) system: &'static dyn AnySystem,
}

impl Registry {
    /// No protocols.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// All protocols that come with Faultbed. With the feature `standard`, which is on by default.
    #[cfg(feature = "standard")]
    #[must_use]
    pub fn standard() -> Self {
        protocols::ALL.iter().fold(Self::new(), |registry, system| registry.with_system(**system))
    }

    /// One more protocol.
    ///
    /// # Panics
    /// If there is one of that name already, or if one of its flaws is said to violate something that is no property.
    #[must_use]
    pub fn with<P: SystemUnderTest>(self) -> Self {
        self.with_system(erased::<P>())
    }

    /// One more protocol whose types are forgotten.
    ///
    /// # Panics
    /// If there is one of that name already, or if one of its flaws is said to violate something that is no property.
    #[must_use]
    pub fn with_system(mut self, system: &'static dyn AnySystem) -> Self {
        let info = system.info();
        assert!(self.find(info.name).is_none(), "there are two protocols with the name {}", info.name);
        let is_known = |name: &str| {
            info.properties.iter().map(|row| row.name).chain(common_properties()).any(|known| known == name)
        };
        for flaw in info.flaws {
            let unknown = flaw.violates.iter().find(|name| !is_known(name));
            assert!(unknown.is_none(), "{}: {} is said to violate {unknown:?}, no property", info.name, flaw.name);
        }
        self.entries.push(Entry { info, system });
        self
    }

    /// All of them, in the order in which they were added.
    pub fn protocols(&self) -> impl ExactSizeIterator<Item = &SystemInfo> {
        self.entries.iter().map(|entry| &entry.info)
    }

    /// The one with this name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&SystemInfo> {
        self.entry(name).map(|entry| &entry.info)
    }

    /// The JSON Schema (draft 2020-12) of scenario files that name one of these protocols.
    #[must_use]
    pub fn schema(&self) -> serde_json::Value {
        let generator = SchemaSettings::draft2020_12().into_generator();
        crate::schema::of_scenarios(&self.entries, generator)
    }

    pub(crate) fn entry(&self, name: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.info.name == name)
    }
}
