//! What a node makes of one peer: the detector that its configuration names.

use parts::detectors::{Jacobson, Metrics, NfdE, NfdS, Opinion, PhiAccrual, PhiSettings, Silence, Stamp, vote};
use sim_core::{Duration, Flaws, Time};

use super::config::{DetectorConfig, DetectorKind, Weights};
use super::flaws::{DetectorFlaw, vote_with_vetoes};
use super::message::Sign;

/// The detector of one peer.
#[derive(Clone, Debug)]
pub(super) struct Judge {
    pub(super) method: Method,
    flaws: Flaws<DetectorFlaw>,
    was_heard: bool,
    /// What the opinion was when a sign came last, for [`DetectorFlaw::PhiOnArrival`].
    on_arrival: Opinion,
    /// The beats missed before the last sign, for [`DetectorFlaw::MissesNeverReset`].
    missed: u64,
    interval: Duration,
}

#[derive(Clone, Debug)]
pub(super) enum Method {
    Timeout(Silence, Duration),
    Jacobson(Silence, Jacobson),
    Phi(PhiAccrual),
    NfdS(NfdS),
    NfdE(NfdE),
    Hybrid { beats: Silence, phi: PhiAccrual, acks: Silence, timeout: Duration, weights: Weights },
    Metrics(Metrics),
}

impl Judge {
    /// Watches from now on, among so many nodes.
    pub(super) fn new(config: &DetectorConfig, nodes: usize, now: Time) -> Self {
        let flaws = config.flaws;
        let silence = Silence::new(now);
        let timeout = config.timeout(nodes);
        let has_no_least = flaws.has(DetectorFlaw::NoMinimumDeviation);
        let min_deviation = if has_no_least { Duration::ZERO } else { config.min_deviation };
        let phi = || PhiAccrual::new(PhiSettings { min_deviation, ..config.phi_settings() }, now);
        let DetectorConfig { interval, margin, window, longest, .. } = *config;
        let method = match config.detector {
            DetectorKind::Heartbeat | DetectorKind::Ping | DetectorKind::Gossip => Method::Timeout(silence, timeout),
            DetectorKind::Jacobson => Method::Jacobson(silence, Jacobson::new(min_deviation, longest)),
            DetectorKind::Phi => Method::Phi(phi()),
            DetectorKind::NfdS => Method::NfdS(NfdS::new(interval, margin, now)),
            DetectorKind::NfdE => Method::NfdE(NfdE::new(interval, margin, window as usize, longest, now)),
            DetectorKind::Hybrid => {
                Method::Hybrid { beats: silence, phi: phi(), acks: silence, timeout, weights: config.weights }
            }
            DetectorKind::Metrics => {
                let mut limits = config.metric_limits();
                if flaws.has(DetectorFlaw::MetricsIgnoreLosses) {
                    limits.silence = Duration::MAX;
                }
                if flaws.has(DetectorFlaw::AnyAnswerIsWell) {
                    limits.latency = Duration::MAX;
                }
                Method::Metrics(Metrics::new(limits, now))
            }
        };
        Self { method, flaws, was_heard: false, on_arrival: Opinion::new(0.0, 0.0), missed: 0, interval }
    }

    pub(super) fn has(&self, flaw: DetectorFlaw) -> bool {
        self.flaws.has(flaw)
    }

    /// The peer has given a sign that is news. It `was_suspect` until now.
    pub(super) fn heard(&mut self, sign: Sign, stamp: Stamp, now: Time, was_suspect: bool) {
        self.on_arrival = self.evaluate(now);
        let is_first = !std::mem::replace(&mut self.was_heard, true);
        let was_away = was_suspect && !self.has(DetectorFlaw::AdaptsToAbsence);
        match &mut self.method {
            Method::Timeout(silence, _) => {
                if self.flaws.has(DetectorFlaw::MissesNeverReset) {
                    self.missed += silence.missed(now, self.interval);
                }
                silence.heard(now);
            }
            Method::Jacobson(silence, estimator) => {
                // What came before the first sign is no gap.
                if !was_away && !is_first {
                    estimator.sample(now.since(silence.since()));
                }
                silence.heard(now);
            }
            Method::Phi(phi) => phi.heard(now, was_away),
            Method::NfdS(nfd) => nfd.heard(stamp.beat),
            Method::NfdE(nfd) => nfd.heard(stamp.beat, now),
            Method::Hybrid { beats, phi, acks, .. } => {
                if sign == Sign::Ack {
                    acks.heard(now);
                } else {
                    beats.heard(now);
                    phi.heard(now, was_away);
                }
            }
            // It is told of the whole answer.
            Method::Metrics(_) => {}
        }
    }

    /// The peer has booted: it counts anew, and what it was like before says little.
    pub(super) fn restarted(&mut self) {
        self.was_heard = false;
        match &mut self.method {
            Method::Timeout(..) | Method::NfdS(_) => {}
            Method::Jacobson(_, estimator) => estimator.clear(),
            Method::Phi(phi) | Method::Hybrid { phi, .. } => phi.restarted(),
            Method::NfdE(_) if self.flaws.has(DetectorFlaw::NfdKeepsOldBoot) => {}
            Method::NfdE(nfd) => nfd.restarted(),
            Method::Metrics(metrics) => metrics.restarted(),
        }
    }

    /// A ping was answered after so long, by a peer in which so many answers wait.
    pub(super) fn answered(&mut self, now: Time, took: Duration, queue: u64) {
        if let Method::Metrics(metrics) = &mut self.method {
            metrics.answered(now, took, queue);
        }
    }

    /// A ping was not answered.
    pub(super) fn gave_up(&mut self) {
        let ignores = self.has(DetectorFlaw::MetricsIgnoreLosses) || self.has(DetectorFlaw::LossesAreNoErrors);
        if let Method::Metrics(metrics) = &mut self.method
            && !ignores
        {
            metrics.gave_up();
        }
    }

    /// What it makes of the peer now.
    pub(super) fn opinion(&self, now: Time) -> Opinion {
        if !self.was_heard && self.has(DetectorFlaw::UnheardNeverFails) {
            return Opinion::new(0.0, 0.0);
        }
        if self.has(DetectorFlaw::PhiOnArrival) && matches!(self.method, Method::Phi(_)) {
            return self.on_arrival;
        }
        self.evaluate(now)
    }

    fn evaluate(&self, now: Time) -> Opinion {
        match &self.method {
            Method::Timeout(silence, timeout) if self.has(DetectorFlaw::MissesNeverReset) => {
                silence.opinion(now + self.interval * self.missed, *timeout)
            }
            Method::Timeout(silence, timeout) => silence.opinion(now, *timeout),
            Method::Jacobson(silence, _) => silence.opinion(now, self.jacobson_timeout()),
            Method::Phi(phi) => self.of_phi(phi, now),
            Method::NfdS(nfd) => nfd.opinion(now),
            Method::NfdE(nfd) => nfd.opinion(now),
            Method::Hybrid { beats, phi, acks, timeout, weights } => {
                let votes = [
                    (beats.opinion(now, *timeout), weights.heartbeat),
                    (self.of_phi(phi, now), weights.phi),
                    (acks.opinion(now, *timeout), weights.ping),
                ];
                if self.has(DetectorFlaw::VoteCountsAny) { vote_with_vetoes(votes) } else { vote(votes) }
            }
            Method::Metrics(metrics) => metrics.opinion(now),
        }
    }

    fn of_phi(&self, phi: &PhiAccrual, now: Time) -> Opinion {
        let opinion = phi.opinion(now);
        let tenfold = if self.has(DetectorFlaw::PhiTimesTen) { 10.0 } else { 1.0 };
        Opinion::new(opinion.level * tenfold, opinion.confidence)
    }

    pub(super) fn jacobson_timeout(&self) -> Duration {
        let Method::Jacobson(_, estimator) = &self.method else { return Duration::MAX };
        match estimator.mean() {
            Some(mean) if self.has(DetectorFlaw::JacobsonWithoutDeviation) => mean,
            _ => estimator.timeout(),
        }
    }

    /// When to ask again at the latest, if the peer stays silent and is trusted now.
    pub(super) fn deadline(&self, now: Time) -> Time {
        match &self.method {
            Method::Timeout(silence, timeout) => silence.deadline(*timeout),
            Method::Jacobson(silence, _) => silence.deadline(self.jacobson_timeout()),
            Method::Phi(phi) => phi.deadline(),
            Method::NfdS(nfd) => nfd.deadline(),
            Method::NfdE(nfd) => nfd.deadline(),
            Method::Hybrid { beats, phi, acks, timeout, .. } => {
                let all = [beats.deadline(*timeout), phi.deadline(), acks.deadline(*timeout)];
                all.into_iter().filter(|deadline| *deadline > now).min().unwrap_or(now)
            }
            Method::Metrics(metrics) => metrics.deadline(),
        }
    }
}

#[cfg(test)]
mod tests {
    use sim_core::ms;

    use super::*;

    #[test]
    fn the_complement_of_a_rounded_number_is_no_tail() {
        let flaws = [DetectorFlaw::PhiOneMinusCdf].into_iter().collect();
        let config = DetectorConfig { flaws, ..DetectorConfig::default() };
        let mut judge = Judge::new(&config, 3, Time::ZERO);
        for beat in 1..5 {
            judge.heard(Sign::Beat, Stamp { boot: 1, beat }, Time::ZERO + ms(50 * beat), false);
        }
        assert!(judge.phi(Time::ZERO + ms(280)).is_some_and(f64::is_finite));
        assert!(judge.phi(Time::ZERO + ms(450)).is_some_and(f64::is_infinite));
        let at = Time::ZERO + ms(450);
        assert!(judge.opinion(at).is_suspicion());
    }
}
