//! The properties that runs of a simulation are checked against.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use crate::figure::Measure;
use crate::property::Property;
use crate::protocol::Protocol;

/// A property that looks at a run, and its name.
pub(crate) struct Judge<P: Protocol> {
    pub(crate) name: Cow<'static, str>,
    pub(crate) property: Box<dyn Property<P>>,
}

/// A property by its name: makes a fresh one for every run.
struct Named<P: Protocol> {
    name: Cow<'static, str>,
    make: MakeProperty<P>,
}

type MakeProperty<P> = Arc<dyn Fn() -> Box<dyn Property<P>> + Send + Sync>;

/// A figure by its name: makes a fresh measure for every run.
struct Measured<P: Protocol> {
    name: &'static str,
    make: Arc<dyn Fn() -> Box<dyn Measure<P>> + Send + Sync>,
}

/// What judges the runs.
pub(crate) struct Judges<P: Protocol> {
    properties: Vec<Named<P>>,
    /// The only ones of them that are looked at; without, all.
    only: Option<Vec<String>>,
    /// What the history of the clients must keep, whatever properties are looked at.
    guarantees: Vec<Named<P>>,
    /// What can be measured.
    figures: Vec<Measured<P>>,
    /// One of them that is about what clients ask and are told.
    of_clients: Option<Cow<'static, str>>,
}

impl<P: Protocol> Judges<P> {
    pub(super) fn property(
        &mut self,
        name: Cow<'static, str>,
        make: impl Fn() -> Box<dyn Property<P>> + Send + Sync + 'static,
    ) {
        self.properties.push(Named { name, make: Arc::new(make) });
    }

    pub(super) fn guarantee(
        &mut self,
        name: &'static str,
        make: impl Fn() -> Box<dyn Property<P>> + Send + Sync + 'static,
    ) {
        self.guarantees.push(Named { name: Cow::Borrowed(name), make: Arc::new(make) });
    }

    pub(super) fn figure(
        &mut self,
        name: &'static str,
        make: impl Fn() -> Box<dyn Measure<P>> + Send + Sync + 'static,
    ) {
        self.figures.push(Measured { name, make: Arc::new(make) });
    }

    /// What measures these figures, in the same order.
    ///
    /// # Panics
    /// If one cannot be measured: [`knows_figure`](Self::knows_figure) tells.
    pub(crate) fn measures(&self, names: &[String]) -> Vec<Box<dyn Measure<P>>> {
        let of = |name: &String| self.figures.iter().find(|figure| figure.name == name);
        names.iter().map(|name| (of(name).expect("simulations are validated").make)()).collect()
    }

    /// Whether there is a figure of this name.
    pub(crate) fn knows_figure(&self, name: &str) -> bool {
        self.figures.iter().any(|figure| figure.name == name)
    }

    /// What is judged under this name needs clients.
    pub(super) fn need_clients(&mut self, name: impl Into<Cow<'static, str>>) {
        self.of_clients = Some(name.into());
    }

    /// What needs clients, if anything does.
    pub(crate) fn of_clients(&self) -> Option<&str> {
        self.of_clients.as_deref()
    }

    pub(super) fn only(&mut self, names: Vec<String>) {
        self.only = Some(names);
    }

    pub(crate) fn make(&self) -> Vec<Judge<P>> {
        self.wanted().map(Named::judge).collect()
    }

    /// Whether anything is looked at under this name.
    pub(crate) fn look_at(&self, name: &str) -> bool {
        self.wanted().any(|of| of.name == name)
    }

    /// The names of all that is looked at.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.wanted().map(|of| &*of.name)
    }

    fn wanted(&self) -> impl Iterator<Item = &Named<P>> {
        let is_wanted = |of: &&Named<P>| self.only.as_ref().is_none_or(|only| only.iter().any(|name| *name == of.name));
        self.properties.iter().filter(is_wanted).chain(&self.guarantees)
    }

    /// A name among those to be looked at that no property has.
    pub(crate) fn unknown(&self) -> Option<&str> {
        let is_unknown = |name: &&String| self.properties.iter().all(|of| of.name != **name);
        self.only.iter().flatten().find(is_unknown).map(String::as_str)
    }
}

impl<P: Protocol> Named<P> {
    fn judge(&self) -> Judge<P> {
        Judge { name: self.name.clone(), property: (self.make)() }
    }
}

impl<P: Protocol> Clone for Named<P> {
    fn clone(&self) -> Self {
        Self { name: self.name.clone(), make: Arc::clone(&self.make) }
    }
}

impl<P: Protocol> Clone for Measured<P> {
    fn clone(&self) -> Self {
        Self { name: self.name, make: Arc::clone(&self.make) }
    }
}

impl<P: Protocol> fmt::Debug for Judge<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

impl<P: Protocol> Default for Judges<P> {
    fn default() -> Self {
        Self { properties: Vec::new(), only: None, guarantees: Vec::new(), figures: Vec::new(), of_clients: None }
    }
}

impl<P: Protocol> Clone for Judges<P> {
    fn clone(&self) -> Self {
        Self {
            properties: self.properties.clone(),
            only: self.only.clone(),
            guarantees: self.guarantees.clone(),
            figures: self.figures.clone(),
            of_clients: self.of_clients.clone(),
        }
    }
}
