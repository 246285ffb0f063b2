//! Tests that expect a violation: whether some seed finds it.

use std::ops::{ControlFlow, Range};

use super::{describe, show, subject};
use crate::coverage::Untested;
use crate::ending::Ending;
use crate::outcome::{Summary, Verdict};
use crate::protocol::Protocol;
use crate::simulation::Simulation;
use crate::sweep::{available_jobs, sweep};

impl<P: Protocol> Simulation<P> {
    /// Inverts [`check`](Self::check): it passes as soon as a seed violates this property, inside the
    /// protocol's model or not. It fails if no seed does, or if another property is violated first. So a
    /// test shows that it would find a bug. [`validate`](Self::validate) rejects a name under which nothing
    /// is checked.
    ///
    /// ```
    /// # use sim_core::{Context, Nothing, NodeId, Protocol, Simulation};
    /// # #[derive(Debug)]
    /// # struct Dice { eyes: u64 }
    /// # impl Protocol for Dice {
    /// #     type Message = (); type Timer = Nothing; type Record = Nothing; type Op = Nothing;
    /// #     type Reply = Nothing; type Event = Nothing;
    /// #     fn on_start(&mut self, ctx: &mut Context<'_, Self>) { self.eyes = ctx.choose("eyes", 1..7); }
    /// #     fn on_message(&mut self, _: NodeId, (): (), _: &mut Context<'_, Self>) {}
    /// # }
    /// Simulation::new(1, |_, _| Dice { eyes: 1 })
    ///     .always("No Six", |world| world.correct().all(|dice| world.node(dice).is_none_or(|dice| dice.eyes < 6)))
    ///     .expect_violation("No Six")
    ///     .check(0..100);
    /// ```
    #[must_use]
    pub fn expect_violation(mut self, property: impl Into<String>) -> Self {
        self.env.wanted = Some(property.into());
        self
    }

    /// Passes, and stops, at the first seed that violates `wanted`, if no seed before it violates anything
    /// else.
    pub(super) fn search(&self, wanted: &str, seeds: Range<u64>) -> Result<(), String>
    where
        Self: Sync,
    {
        let (mut found, mut other, mut rest) = (None, None, Rest::default());
        sweep(
            seeds.clone(),
            available_jobs(),
            |seed| self.run(seed).summary,
            |seed, summary| {
                match summary.ending(Some(wanted)) {
                    Ending::Wanted => found = Some(describe(seed, &summary)),
                    Ending::Violated => other = Some(describe(seed, &summary)),
                    ending => rest.add(ending, seed, &summary),
                }
                if found.is_some() || other.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            },
        );
        match (found, other) {
            (Some(found), _) => {
                show(&format!("as expected:\n{found}"));
                Ok(())
            }
            (None, Some(other)) => Err(format!("expected a violation of {wanted}, and found another first:\n{other}")),
            (None, None) => {
                let untested = Untested::NeverViolated(wanted.to_owned());
                Err(format!("{}{}", untested.describe(&subject(&seeds), seeds.end - seeds.start), rest.describe()))
            }
        }
    }
}

/// The seeds that found nothing.
#[derive(Default)]
struct Rest {
    passed: u64,
    /// Those that violated something else outside of the model, and the first of them.
    excused: (u64, Option<String>),
    /// Those that could not be judged, and the first of them.
    inconclusive: (u64, Option<String>),
}

impl Rest {
    fn add(&mut self, ending: Ending, seed: u64, summary: &Summary) {
        let (count, first) = match ending {
            Ending::Excused => &mut self.excused,
            Ending::Inconclusive => &mut self.inconclusive,
            Ending::Passed | Ending::Wanted | Ending::Violated => {
                self.passed += 1;
                return;
            }
        };
        *count += 1;
        first.get_or_insert_with(|| match &summary.verdict {
            Verdict::Violated(violation) => format!("{} at seed {seed:#x}", violation.property),
            other => format!("{other} at seed {seed:#x}"),
        });
    }

    fn describe(&self) -> String {
        let mut text = format!("\n  {} passed", self.passed);
        for (what, (count, first)) in [
            ("violated something else outside of the model", &self.excused),
            ("could not be judged", &self.inconclusive),
        ] {
            if let Some(first) = first {
                text.push_str(&format!("\n  {count} {what}, first {first}"));
            }
        }
        text
    }
}
