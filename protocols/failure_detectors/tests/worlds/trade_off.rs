//! The trade-off between how soon a crash is detected and how often a node is suspected by mistake.

use failure_detectors::{DetectorConfig, DetectorKind, DetectorNode};
use sim_core::{Fault, Figure, Latency, LinkProfile, Probability, Simulation, ms, secs};

/// One line of the table: a detector, and how patient it is.
pub(crate) struct Setting {
    name: String,
    config: DetectorConfig,
}

const FIGURES: [&str; 5] = ["detection time", "mistake rate", "mistake duration", "query accuracy", "missed crashes"];
/// How many runs there are for each line.
pub(crate) const SEEDS: u64 = 20;

/// All lines: the curve of each detector, from hasty to patient.
pub(crate) fn settings() -> Vec<Setting> {
    use DetectorKind::{Gossip, Heartbeat, Hybrid, Jacobson, NfdE, NfdS, Phi, Ping};
    let base = |detector| DetectorConfig { detector, longest: ms(1000), ..DetectorConfig::default() };
    let mut all = Vec::new();
    let mut add = |name: String, config| all.push(Setting { name, config });
    for missed_beats in [2, 3, 4, 6, 8] {
        for (detector, name) in [(Heartbeat, "heartbeat"), (Ping, "ping"), (Gossip, "gossip")] {
            add(format!("`{name}`, {missed_beats} missed"), DetectorConfig { missed_beats, ..base(detector) });
        }
    }
    for margin in [20, 50, 100, 200, 300] {
        for (detector, name) in [(NfdS, "nfd-s"), (NfdE, "nfd-e")] {
            add(format!("`{name}`, margin {margin} ms"), DetectorConfig { margin: ms(margin), ..base(detector) });
        }
    }
    for phi in [0.5, 1.0, 2.0, 4.0, 8.0] {
        add(format!("`phi`, {phi}"), DetectorConfig { phi, ..base(Phi) });
    }
    for deviation in [5, 10, 20, 40] {
        let config = DetectorConfig { min_deviation: ms(deviation), ..base(Jacobson) };
        add(format!("`jacobson`, least deviation {deviation} ms"), config);
    }
    for missed_beats in [2, 4, 8] {
        add(format!("`hybrid`, {missed_beats} missed, φ 8"), DetectorConfig { missed_beats, ..base(Hybrid) });
    }
    all.sort_by_key(|setting| setting.config.detector as u8);
    all
}

/// The line of a setting, as it is measured.
pub(crate) fn line(setting: &Setting) -> String {
    let crash = |node: &str, at| Fault::crash(node).power_loss().restart_after(secs(3)).at(secs(at));
    let latency = Latency::Exponential { floor: ms(1), mean: ms(15) };
    let mut world = Simulation::<DetectorNode>::of(setting.config.clone(), 3)
        .network(LinkProfile { latency, loss: Probability::ratio(1, 20), ..LinkProfile::default() })
        .fault(crash("n0", 5))
        .fault(crash("n1", 15))
        .fault(crash("n2", 25))
        .run_for(secs(30));
    for figure in FIGURES {
        world = world.measure(figure);
    }
    let mut sums = [Figure::default(); FIGURES.len()];
    for seed in 0..SEEDS {
        let figures = world.run(seed).summary.figures;
        sums.iter_mut().zip(figures).for_each(|(sum, figure)| *sum += figure);
    }
    let millis =
        |figure: Figure| figure.value().map_or("–".to_owned(), |seconds| format!("{:.0} ms", seconds * 1000.0));
    let [detection, rate, duration, accuracy, missed] = sums;
    let (rate, accuracy) = (rate.value().unwrap_or_default(), accuracy.value().unwrap_or_default());
    let missed = missed.value().unwrap_or_default();
    let holds = if accuracy >= 0.95 && missed == 0.0 { "yes" } else { "no" };
    let name = &setting.name;
    let (detection, duration) = (millis(detection), millis(duration));
    format!("| {name} | {detection} | {rate:.3} | {duration} | {accuracy:.4} | {missed:.3} | {holds} |")
}
