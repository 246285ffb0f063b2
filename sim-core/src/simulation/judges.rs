//! The properties that runs of a simulation are checked against.

use std::sync::Arc;

use crate::property::Property;
use crate::protocol::Protocol;

type MakeProperties<P> = Arc<dyn Fn() -> Vec<Box<dyn Property<P>>> + Send + Sync>;

/// Makes fresh properties for every run.
pub(crate) struct Judges<P: Protocol> {
    properties: Vec<MakeProperties<P>>,
    /// The only ones of them that are looked at; without, all.
    only: Option<Vec<String>>,
    /// What the history of the clients must keep, whatever properties are looked at.
    guarantees: Vec<MakeProperties<P>>,
}

impl<P: Protocol> Judges<P> {
    pub(super) fn property(&mut self, make: impl Fn() -> Vec<Box<dyn Property<P>>> + Send + Sync + 'static) {
        self.properties.push(Arc::new(make));
    }

    pub(super) fn guarantee(&mut self, make: impl Fn() -> Vec<Box<dyn Property<P>>> + Send + Sync + 'static) {
        self.guarantees.push(Arc::new(make));
    }

    pub(super) fn only(&mut self, names: Vec<String>) {
        self.only = Some(names);
    }

    pub(crate) fn make(&self) -> Vec<Box<dyn Property<P>>> {
        let mut properties = self.all();
        if let Some(only) = &self.only {
            properties.retain(|property| only.iter().any(|name| name == property.name()));
        }
        properties.extend(self.guarantees.iter().flat_map(|make| make()));
        properties
    }

    /// Whether anything is looked at under this name.
    pub(crate) fn look_at(&self, name: &str) -> bool {
        self.make().iter().any(|property| property.name() == name)
    }

    /// A name among those to be looked at that no property has.
    pub(crate) fn unknown(&self) -> Option<&str> {
        let only = self.only.as_ref()?;
        let all = self.all();
        only.iter().find(|name| all.iter().all(|property| property.name() != *name)).map(String::as_str)
    }

    fn all(&self) -> Vec<Box<dyn Property<P>>> {
        self.properties.iter().flat_map(|make| make()).collect()
    }
}

impl<P: Protocol> Default for Judges<P> {
    fn default() -> Self {
        Self { properties: Vec::new(), only: None, guarantees: Vec::new() }
    }
}

impl<P: Protocol> Clone for Judges<P> {
    fn clone(&self) -> Self {
        Self { properties: self.properties.clone(), only: self.only.clone(), guarantees: self.guarantees.clone() }
    }
}
