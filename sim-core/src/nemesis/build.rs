//! One-line constructors for a nemesis: what it draws, and how often.

use super::{ByzantineNemesis, FaultFamily, Layer, Nemesis, Rhythm};
use crate::model::FaultModel;
use crate::protocol::Protocol;
use crate::simulation::Simulation;
use crate::time::{Duration, ms, secs};

impl Nemesis {
    /// Draws faults of these families, all with this rhythm. Each seed draws which families, and how hard
    /// they hit.
    ///
    /// ```
    /// use sim_core::{FaultFamily, Nemesis, Rhythm, ms, secs};
    ///
    /// let crashes = Nemesis::of([FaultFamily::Crash, FaultFamily::PowerLoss], Rhythm::new(secs(1), ms(300)));
    /// assert!(crashes.swarm && !crashes.unrestricted);
    /// ```
    pub fn of(families: impl IntoIterator<Item = FaultFamily>, rhythm: Rhythm) -> Self {
        let families = families.into_iter().map(|family| (family, rhythm)).collect();
        Self { families, byzantine: None, swarm: true, unrestricted: false }
    }

    /// Draws everything that a protocol with this model claims to survive, including Byzantine nodes if it
    /// tolerates any: a fault of each family once a second on average, for 300 ms.
    ///
    /// ```
    /// use sim_core::{Assumption, FaultFamily, FaultModel, Nemesis};
    ///
    /// let durable = FaultModel::of(vec![Assumption::DurableDisks]);
    /// let nemesis = Nemesis::within(&durable);
    /// assert!(nemesis.families.contains_key(&FaultFamily::PowerLoss));
    /// assert!(!nemesis.families.contains_key(&FaultFamily::Storage), "that disks lose what they have synced");
    /// ```
    pub fn within(model: &FaultModel) -> Self {
        let rhythm = Rhythm::default();
        let mut nemesis = Self::of(FaultFamily::ALL, rhythm);
        for (family, _) in nemesis.beyond(model) {
            nemesis.families.remove(&family);
        }
        nemesis.byzantine = (model.most_byzantine() > 0).then(|| ByzantineNemesis::new(rhythm));
        nemesis
    }

    /// Sets this rhythm for all families.
    #[must_use]
    pub fn rhythm(mut self, rhythm: Rhythm) -> Self {
        self.families.values_mut().for_each(|of| *of = rhythm);
        if let Some(byzantine) = &mut self.byzantine {
            byzantine.rhythm = rhythm;
        }
        self
    }

    /// Removes this family.
    #[must_use]
    pub fn without(mut self, family: FaultFamily) -> Self {
        self.families.remove(&family);
        self
    }

    /// Adds Byzantine nodes.
    #[must_use]
    pub fn byzantine(self, byzantine: ByzantineNemesis) -> Self {
        Self { byzantine: Some(byzantine), ..self }
    }

    /// Makes every seed have all families, as hard as declared.
    #[must_use]
    pub fn in_every_seed(self) -> Self {
        Self { swarm: false, ..self }
    }

    /// Also draws faults beyond what the protocol claims to survive.
    #[must_use]
    pub fn unrestricted(self) -> Self {
        Self { unrestricted: true, ..self }
    }
}

impl Rhythm {
    /// A fault every `between` on average, each for `lasts` on average.
    pub const fn new(between: Duration, lasts: Duration) -> Self {
        Self { between, lasts }
    }
}

/// A fault a second, for 300 ms.
impl Default for Rhythm {
    fn default() -> Self {
        Self::new(secs(1), ms(300))
    }
}

impl ByzantineNemesis {
    /// As many Byzantine nodes as the protocol claims to survive, of all kinds. In up to four of the first
    /// twelve rounds, messages of one node are mutated; in up to four, the network is partitioned. Whatever
    /// is not aimed at rounds has this rhythm.
    pub fn new(rhythm: Rhythm) -> Self {
        Self {
            nodes: None,
            layers: Layer::ALL.into(),
            last_round: 12,
            mutated_rounds: 4,
            partitioned_rounds: 4,
            rhythm,
        }
    }
}

impl<P: Protocol> Simulation<P> {
    /// Adds the [nemesis](Nemesis::within) of everything that the protocol's [model](Self::model) allows;
    /// set the model first. The faults end with the heal.
    ///
    /// ```
    /// # use sim_core::{Context, Nothing, NodeId, Protocol, Simulation, secs};
    /// # #[derive(Debug)]
    /// # struct Idle;
    /// # impl Protocol for Idle {
    /// #     type Message = (); type Timer = Nothing; type Record = Nothing; type Op = Nothing;
    /// #     type Reply = Nothing; type Event = Nothing;
    /// #     fn on_start(&mut self, _: &mut Context<'_, Self>) {}
    /// #     fn on_message(&mut self, _: NodeId, (): (), _: &mut Context<'_, Self>) {}
    /// # }
    /// Simulation::new(3, |_, _| Idle).random_faults().heal_at(secs(5)).check(0..10);
    /// ```
    #[must_use]
    pub fn random_faults(self) -> Self {
        let nemesis = Nemesis::within(&self.model);
        self.nemesis(nemesis)
    }
}
