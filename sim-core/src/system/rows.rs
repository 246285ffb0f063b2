//! Properties, adversaries and roles of a protocol: a row each, with how it is listed and how it is
//! made.

use crate::byzantine::Adversary;
use crate::property::Property;
use crate::protocol::Protocol;

use super::SystemUnderTest;

/// A property of a protocol.
#[derive(Debug)]
pub struct PropertyRow<P: SystemUnderTest> {
    /// The paper's name for it.
    pub name: &'static str,
    /// What it says.
    pub summary: &'static str,
    /// Paper and section.
    pub source: &'static str,
    /// Makes a fresh one for a run.
    pub make: fn(&P::Config) -> Box<dyn Property<P>>,
}

/// How a property is listed.
#[derive(Clone, Copy, Debug)]
pub struct PropertyInfo {
    /// The paper's name for it.
    pub name: &'static str,
    /// What it says.
    pub summary: &'static str,
    /// Paper and section.
    pub source: &'static str,
}

impl<P: SystemUnderTest> PropertyRow<P> {
    /// The row without its constructor.
    pub const fn info(&self) -> PropertyInfo {
        PropertyInfo { name: self.name, summary: self.summary, source: self.source }
    }
}

/// An adversary of a protocol: a script that can act for Byzantine nodes.
#[derive(Debug)]
pub struct AdversaryRow<P: SystemUnderTest> {
    /// Its name in scenario files.
    pub name: &'static str,
    /// What it does.
    pub summary: &'static str,
    /// Where the attack is described.
    pub source: &'static str,
    /// Makes a fresh one for a run.
    pub make: fn(&P::Config) -> Box<dyn Adversary<P>>,
}

/// How an adversary is listed.
#[derive(Clone, Copy, Debug)]
pub struct AdversaryInfo {
    /// Its name in scenario files.
    pub name: &'static str,
    /// What it does.
    pub summary: &'static str,
    /// Where the attack is described.
    pub source: &'static str,
}

impl<P: SystemUnderTest> AdversaryRow<P> {
    /// The row without its constructor.
    pub const fn info(&self) -> AdversaryInfo {
        AdversaryInfo { name: self.name, summary: self.summary, source: self.source }
    }
}

/// A role that nodes take and give up, as they announce.
#[derive(Debug)]
pub struct Role<P: Protocol> {
    /// Its name in selectors: `leader`.
    pub name: &'static str,
    /// Whether an event says that its node has the role from now on.
    pub takes: fn(&P::Event) -> bool,
    /// Whether an event says that its node no longer has it.
    pub gives_up: fn(&P::Event) -> bool,
}
