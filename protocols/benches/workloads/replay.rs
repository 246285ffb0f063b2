//! What a replayed run costs beside the run that it replays: runs of the workload `short`, each from its seed and
//! from its recording. Every proposal of shrinking is such a replay.

use sim_core::{Answers, Elsewhere};

use crate::report::{Measured, Report};
use crate::short;

/// The recordings of `runs` runs, of as many seeds from `seed` on, each replayed. What it takes to record them
/// does not count.
pub(crate) fn measure(runs: u64, seed: u64) -> Report {
    let simulation = short::simulation();
    let (mut seeded, mut replayed) = (Measured::default(), Measured::default());
    for seed in seed..seed.saturating_add(runs) {
        let (_, recording) = simulation.record(seed);
        let deviations = recording.deviations.clone();
        let replaying = simulation.clone().replaying(recording);
        // One after the other, so that a drift of the machine meets both.
        seeded.add_run(seed, || simulation.run(seed));
        let answers = Answers { deviations: &deviations, elsewhere: Elsewhere::Calm, seed: 0 };
        replayed.add_run(seed, || replaying.run_answered(answers, &false.into()).expect("nobody stops it"));
    }
    assert_eq!(replayed.hash(), seeded.hash(), "a replay is the same run");
    let check = format!("acked={} ", replayed.completed);
    Report { workload: "replay", params: Vec::new(), run: replayed.beside(&seeded), check }
}
