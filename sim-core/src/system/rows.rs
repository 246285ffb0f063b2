//! Properties, adversaries and roles of a protocol: one row each, with its listing and its constructor.

use std::fmt;

use crate::byzantine::Adversary;
use crate::figure::Measure;
use crate::property::Property;
use crate::protocol::Protocol;

use super::SystemUnderTest;

/// A property of a protocol, under the paper's name; its source is paper and section.
pub type PropertyRow<P> = Row<<P as SystemUnderTest>::Config, dyn Property<P>>;

/// An adversary of a protocol: a script that can act for Byzantine nodes, under its name in scenario
/// files; its source is where the attack is described.
pub type AdversaryRow<P> = Row<<P as SystemUnderTest>::Config, dyn Adversary<P>>;

/// A figure that is measured of runs of a protocol, under its name; its source is where it is defined.
pub type FigureRow<P> = Row<<P as SystemUnderTest>::Config, dyn Measure<P>>;

/// Something that a protocol provides: its listing and its constructor.
pub struct Row<C, T: ?Sized> {
    /// The name to ask for.
    pub name: &'static str,
    /// What it says or does.
    pub summary: &'static str,
    /// Where it comes from.
    pub source: &'static str,
    /// Makes a fresh one for a run with this configuration.
    pub make: fn(&C) -> Box<T>,
}

/// How a [`Row`] is listed.
#[derive(Clone, Copy, Debug)]
pub struct RowInfo {
    /// The name to ask for.
    pub name: &'static str,
    /// What it says or does.
    pub summary: &'static str,
    /// Where it comes from.
    pub source: &'static str,
}

impl<C, T: ?Sized> Row<C, T> {
    /// The row without its constructor.
    pub const fn info(&self) -> RowInfo {
        RowInfo { name: self.name, summary: self.summary, source: self.source }
    }
}

impl<C, T: ?Sized> fmt::Debug for Row<C, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.info().fmt(f)
    }
}

/// A role that nodes take and give up, as their announcements say.
#[derive(Debug)]
pub struct Role<P: Protocol> {
    /// Its name in selectors: `leader`.
    pub name: &'static str,
    /// Whether an event says that its node has the role from now on.
    pub takes: fn(&P::Event) -> bool,
    /// Whether an event says that its node no longer has it.
    pub gives_up: fn(&P::Event) -> bool,
}
