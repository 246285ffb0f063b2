//! NFD-S has the quality that Theorem 5 of Chen, Toueg and Aguilera (2002) says it has.

use failure_detectors::{DetectorConfig, DetectorKind, DetectorNode};
use parts::detectors::ClosedForm;
use sim_core::{Duration, Figure, Latency, LinkProfile, Probability, Simulation, ms, secs};

/// How many runs there are. Each is one sample.
const RUNS: u64 = 16;
/// Student's t with 15 degrees of freedom, for an interval of 99 %.
const T: f64 = 2.947;

/// The ratio of what was measured in all runs, and half of its 99 % interval (the ratio estimator's).
fn interval(figures: &[Figure]) -> (f64, f64) {
    let [part, whole] = [figures.iter().map(|of| of.part).sum::<f64>(), figures.iter().map(|of| of.whole).sum()];
    let (ratio, runs) = (part / whole, figures.len() as f64);
    let squares: f64 = figures.iter().map(|of| of.part - ratio * of.whole).map(|rest| rest * rest).sum();
    let deviation = (squares / (runs - 1.0)).sqrt();
    (ratio, T * deviation * runs.sqrt() / whole)
}

#[track_caller]
fn check(margin: Duration, loss: u32, mean: Duration) {
    let interval_of_beats = ms(100);
    let config = DetectorConfig {
        detector: DetectorKind::NfdS,
        interval: interval_of_beats,
        margin,
        ..DetectorConfig::default()
    };
    let latency = Latency::Exponential { floor: Duration::ZERO, mean };
    let loss_rate = Probability::ratio(loss, 100);
    let summaries = Simulation::<DetectorNode>::of(config, 2)
        .network(LinkProfile { latency, loss: loss_rate, ..LinkProfile::default() })
        .measure("mistake rate")
        .measure("mistake duration")
        .measure("query accuracy")
        .run_for(secs(400))
        .sweep(0..RUNS);
    assert!(summaries.iter().all(|summary| summary.verdict.is_passed()));
    let of = |place: usize| interval(&summaries.iter().map(|summary| summary.figures[place]).collect::<Vec<_>>());
    let closed = ClosedForm::of_nfd_s(interval_of_beats, margin, f64::from(loss) / 100.0, mean);
    let expected = [
        ("mistakes in a second, 1 / E(T_MR)", 1e9 / closed.mistake_recurrence),
        ("E(T_M)", closed.mistake_duration / 1e9),
        ("P_A", closed.query_accuracy),
    ];
    for (place, (name, expected)) in expected.into_iter().enumerate() {
        let (measured, half) = of(place);
        assert!(half < 0.1 * measured, "{name}: {measured} ± {half} says little");
        assert!((measured - expected).abs() <= half, "{name}: measured {measured} ± {half}, and it is {expected}");
    }
}

#[test]
fn the_measured_quality_of_nfd_s_is_that_of_the_closed_form() {
    check(ms(100), 10, ms(40));
    check(ms(150), 20, ms(50));
    check(ms(60), 2, ms(30));
}
