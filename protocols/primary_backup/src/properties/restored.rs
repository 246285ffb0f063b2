//! A lost replica is replaced.

use sim_core::{Breach, Duration, Judgement, Property, PropertyClass, ProtocolConfig, Step, Time, World};

use crate::config::BackupConfig;
use crate::message::Event;
use crate::node::PrimaryBackup;

/// Where the view service hears of all nodes, and has made no view for long enough, there are as many replicas as there
/// should be, and no more, and all have what they need to be promoted. Where a heal has ended all faults, no view is
/// made once that was long enough ago. Judged at the end of the run.
///
/// As long as somebody fails or is out of reach, views are made.
#[derive(Debug)]
pub struct TheFactorIsRestored {
    config: BackupConfig,
    within: Duration,
    /// When the last view was made.
    last: Time,
}

impl TheFactorIsRestored {
    /// Every message of a failover and of a synchronisation may be lost a few times.
    pub(super) fn new(config: &BackupConfig) -> Self {
        Self { config: config.clone(), within: config.settles_within() * 2, last: Time::ZERO }
    }
}

impl Property<PrimaryBackup> for TheFactorIsRestored {
    fn class(&self) -> PropertyClass {
        PropertyClass::Liveness
    }

    fn after_step(&mut self, world: &World<'_, PrimaryBackup>, step: &Step<'_, PrimaryBackup>) -> Result<(), Breach> {
        if step.events.iter().any(|event| matches!(event, Event::ViewMade { .. })) {
            self.last = world.now();
        }
        Ok(())
    }

    fn at_end(&mut self, world: &World<'_, PrimaryBackup>) -> Judgement {
        let Some(calm) = world.calm_since() else { return Judgement::Holds };
        let with_service = |process| Some((world.node(process)?.service.as_ref()?, world.clock(process)));
        let mut services = world.processes().filter_map(with_service).filter(|(service, _)| service.is_in_office());
        let Some((service, now)) = services.next() else { return Judgement::Holds };
        let mut replicas = self.config.replicas_of(world.node_ids());
        let (view, factor) = (service.view(), self.config.replicas);
        let all_are_repaired = || world.processes().all(|process| world.is_repaired(process));
        if world.healed_at().is_some() && self.last > calm + self.within && all_are_repaired() {
            let what = format!("{view:?} was made at {}, and nobody has failed since {calm}", self.last);
            return Judgement::Violated(Breach::new(view.members(), what));
        }
        let is_calm = world.now().since(calm.max(self.last)) >= self.within;
        let is_right = view.in_sync().count() == factor as usize;
        if !is_right && is_calm && replicas.all(|node| service.hears(node, now)) {
            let what = format!("there should be {factor} replicas in sync, and {view:?} has another number of them");
            return Judgement::Violated(Breach::new(view.members(), what));
        }
        Judgement::Holds
    }
}
