//! Ways to get failure detectors wrong. Each one is a deviation in a single place of the code, found by searching for
//! its name.

use parts::detectors::{Opinion, Record, Stamp, Status, vote};
use sim_core::{Duration, NodeId, Time};

use super::message::{Echo, Event, Message};
use super::names::{
    ABSENCE_IS_NO_DELAY, BOOTS_ARE_COUNTED, COUNTERS_GROW, DEADLINES_ARE_KEPT, EVENTUAL_ACCURACY, GOSSIP_GOES_ROUND,
    LEVELS_GROW_IN_SILENCE, MISSING_IS_SUSPECTED, NEWS_JUDGED, NO_EARLY_SUSPICION, NOTIFICATIONS_ALTERNATE,
    OTHERS_ARE_ASKED, PINGS_ANSWERED, RECOVERED_OR_MISTAKEN, SIGNS_IN_TIME, SILENCE_IS_SUSPECTED, SLOW_IS_SUSPECTED,
    STRONG_COMPLETENESS, TRUST_NEEDS_NEWS, UNMONITORED_UNREPORTED,
};
use super::node::{Ctx, DetectorNode, Peer};

sim_core::flaws! {
    /// A known bug, by its name in scenario files.
    pub enum DetectorFlaw {
        /// φ is computed when a heartbeat arrives, and not when it is asked for: a silent peer is never suspected.
        PhiOnArrival {
            name: "phi-on-arrival",
            source: "textbook code, got wrong: φ is updated in the handler of heartbeats",
            violates: &[SILENCE_IS_SUSPECTED, STRONG_COMPLETENESS, NO_EARLY_SUSPICION, LEVELS_GROW_IN_SILENCE],
        },
        /// φ is ten times what it should be: with a threshold of 8 a peer is suspected one deviation after the mean.
        PhiTimesTen {
            name: "phi-times-ten",
            source: "textbook code, got wrong: decibels in the place of decades",
            violates: &[NO_EARLY_SUSPICION, EVENTUAL_ACCURACY],
        },
        /// The tail of the distribution is computed as 1 − cdf, which is 0 from 8.5 deviations on: φ is infinite.
        PhiOneMinusCdf {
            name: "phi-one-minus-cdf",
            source: "textbook code, got wrong: the complement of a rounded number",
            violates: &[LEVELS_GROW_IN_SILENCE],
        },
        /// There is no least deviation: beats that have come like clockwork leave no room for one that does not.
        NoMinimumDeviation {
            name: "no-minimum-deviation",
            source: "textbook code, left out; Akka has one (akka/akka, PhiAccrualFailureDetector: minStdDeviation)",
            violates: &[NO_EARLY_SUSPICION, EVENTUAL_ACCURACY, LEVELS_GROW_IN_SILENCE],
        },
        /// A peer that was never heard from is not suspected.
        UnheardNeverFails {
            name: "unheard-never-fails",
            source: "textbook code, got wrong: the table of last heartbeats has no entry for it",
            violates: &[SILENCE_IS_SUSPECTED, STRONG_COMPLETENESS, LEVELS_GROW_IN_SILENCE],
        },
        /// A peer that has failed is reported once more at every tick.
        FailoverEveryTick {
            name: "failover-every-tick",
            source: "textbook code, got wrong: failover begins anew at every tick",
            violates: &[NOTIFICATIONS_ALTERNATE],
        },
        /// The deadline of a suspicion moves on whenever the suspicion is looked at.
        DeadlineMoves {
            name: "deadline-moves",
            source: "textbook code, got wrong: a suspicion that is found again is stored as a new one",
            violates: &[DEADLINES_ARE_KEPT],
        },
        /// A heartbeat of a peer that is no longer monitored begins to monitor it anew.
        LateBeatRevives {
            name: "late-beat-revives",
            source: "textbook code, got wrong: a heartbeat of an unknown node makes an entry for it",
            violates: &[UNMONITORED_UNREPORTED],
        },
        /// The timer of a suspicion goes on when its peer is no longer monitored.
        StopKeepsTimer {
            name: "stop-keeps-timer",
            source: "textbook code, left out: the timer is not cancelled",
            violates: &[UNMONITORED_UNREPORTED],
        },
        /// Of two gossiped counters the one that came last is kept, and not the higher one.
        MergesAnyCounter {
            name: "merges-any-counter",
            source: "van Renesse, Minsky and Hayden 1998: the maximum of each; got wrong",
            violates: &[COUNTERS_GROW, TRUST_NEEDS_NEWS, SILENCE_IS_SUSPECTED, NO_EARLY_SUSPICION, STRONG_COMPLETENESS],
        },
        /// Counters are gossiped to the next node alone. They reach all in the end, through one after the other.
        GossipsToNext {
            name: "gossips-to-next",
            source: "textbook code, left out: the turn is never taken further",
            violates: &[GOSSIP_GOES_ROUND],
        },
        /// Which boot a heartbeat or a counter is of is not looked at. A node that counts from zero after a crash is
        /// ignored until it has caught up with itself.
        IgnoresBoots {
            name: "ignores-boots",
            source: "textbook code, left out: a generation, as Cassandra's gossip has one",
            violates: &[
                NO_EARLY_SUSPICION,
                EVENTUAL_ACCURACY,
                COUNTERS_GROW,
                SILENCE_IS_SUSPECTED,
                RECOVERED_OR_MISTAKEN,
            ],
        },
        /// A timeout that follows the mean alone.
        JacobsonWithoutDeviation {
            name: "jacobson-without-deviation",
            source: "Jacobson 1988 about RFC 793, whose timeout was a multiple of the mean; got wrong",
            violates: &[NO_EARLY_SUSPICION, EVENTUAL_ACCURACY],
        },
        /// The time for which a suspect was away is taken for a gap between heartbeats: whoever was away for long may
        /// be so again.
        AdaptsToAbsence {
            name: "adapts-to-absence",
            source: "Karn and Partridge 1987: what was given up is no sample; left out",
            violates: &[ABSENCE_IS_NO_DELAY],
        },
        /// A heartbeat counts whether it is a new one or not: a copy, or one that was overtaken.
        StaleBeatCounts {
            name: "stale-beat-counts",
            source: "textbook code, left out: heartbeats without numbers",
            violates: &[
                TRUST_NEEDS_NEWS,
                SILENCE_IS_SUSPECTED,
                STRONG_COMPLETENESS,
                ABSENCE_IS_NO_DELAY,
                RECOVERED_OR_MISTAKEN,
            ],
        },
        /// A node gives signs of life while it is being made durable that it has booted. If it loses power then, it
        /// boots under the same number again, and what it says is taken for old.
        BootNotDurable {
            name: "boot-not-durable",
            source: "Gray 1978, the write-ahead rule, left out",
            violates: &[BOOTS_ARE_COUNTED, EVENTUAL_ACCURACY, RECOVERED_OR_MISTAKEN],
        },
        /// Whoever is heard from again is said to have recovered.
        AlwaysRecovered {
            name: "always-recovered",
            source: "textbook code, left out: false positives",
            violates: &[RECOVERED_OR_MISTAKEN],
        },
        /// A view shows what the last tick or timer has found.
        ViewFromCache {
            name: "view-from-cache",
            source: "textbook code, got wrong: a status is stored, and not computed when it is asked for",
            violates: &[SILENCE_IS_SUSPECTED, DEADLINES_ARE_KEPT],
        },
        /// A suspicion that was withdrawn reaches its deadline all the same.
        ConfirmsTheTrusted {
            name: "confirms-the-trusted",
            source: "textbook code, left out: the deadline is not cancelled when the peer is heard from",
            violates: &[NOTIFICATIONS_ALTERNATE],
        },
        /// A proxy that trusts the target says so, and does not ask it. Two nodes that ask each other keep one alive
        /// that has crashed.
        VouchesForTarget {
            name: "vouches-for-target",
            source: "Das, Gupta and Motivala 2002, section 3.1: the proxy pings the target; got wrong",
            violates: &[STRONG_COMPLETENESS],
        },
        /// An answer to a ping of before the crash of the asker counts.
        AcksOfOlderBoots {
            name: "acks-of-older-boots",
            source: "textbook code, got wrong: rounds are counted from zero after a crash",
            violates: &[
                TRUST_NEEDS_NEWS,
                SILENCE_IS_SUSPECTED,
                NO_EARLY_SUSPICION,
                LEVELS_GROW_IN_SILENCE,
                RECOVERED_OR_MISTAKEN,
            ],
        },
        /// Any answer to a ping counts, of whichever round.
        AnswersAnyRound {
            name: "answers-any-round",
            source: "textbook code, left out: answers that do not say what they answer",
            violates: &[TRUST_NEEDS_NEWS, SILENCE_IS_SUSPECTED, STRONG_COMPLETENESS, RECOVERED_OR_MISTAKEN],
        },
        /// Latencies are measured of what is answered: whoever does not answer at all has none.
        MetricsIgnoreLosses {
            name: "metrics-ignore-losses",
            source: "textbook code, got wrong: statistics of the requests that were completed",
            violates: &[SILENCE_IS_SUSPECTED, STRONG_COMPLETENESS, MISSING_IS_SUSPECTED],
        },
        /// A ping without an answer counts for nothing: it takes complete silence to be suspected.
        LossesAreNoErrors {
            name: "losses-are-no-errors",
            source: "textbook code, got wrong: the error rate of the requests that were completed",
            violates: &[MISSING_IS_SUSPECTED],
        },
        /// A peer that answers is well, however long it takes.
        AnyAnswerIsWell {
            name: "any-answer-is-well",
            source: "Huang et al. 2017: differential observability; health checks that only ask for an answer",
            violates: &[SLOW_IS_SUSPECTED],
        },
        /// A suspicion has the deadline of the one before, if that is not over.
        EarlierDeadline {
            name: "earlier-deadline",
            source: "textbook code, left out: the timer of a suspicion that was withdrawn is not cancelled",
            violates: &[DEADLINES_ARE_KEPT],
        },
        /// A peer that is monitored again is judged by when it was last heard from before.
        MonitorResumes {
            name: "monitor-resumes",
            source: "textbook code, got wrong: stopping leaves the entry in the table",
            violates: &[
                NO_EARLY_SUSPICION, TRUST_NEEDS_NEWS, NOTIFICATIONS_ALTERNATE, RECOVERED_OR_MISTAKEN, DEADLINES_ARE_KEPT,
            ],
        },
        /// The beats that a peer has missed are counted, and a heartbeat does not set the count back.
        MissesNeverReset {
            name: "misses-never-reset",
            source: "textbook code, left out",
            violates: &[NO_EARLY_SUSPICION, EVENTUAL_ACCURACY, TRUST_NEEDS_NEWS],
        },
        /// NFD-E goes on with what it has learnt of a peer when that boots: the numbers of its beats begin anew, and
        /// all of them are taken for older than those before.
        NfdKeepsOldBoot {
            name: "nfd-keeps-old-boot",
            source: "Chen, Toueg and Aguilera 2002: processes do not recover there; left out",
            violates: &[EVENTUAL_ACCURACY],
        },
        /// The counter of a peer that has failed is forgotten at once: the next table that has it brings the peer back.
        ForgetsTheFailed {
            name: "forgets-the-failed",
            source: "van Renesse, Minsky and Hayden 1998: who failed is remembered for twice the timeout; left out",
            violates: &[TRUST_NEEDS_NEWS, SILENCE_IS_SUSPECTED, RECOVERED_OR_MISTAKEN, NO_EARLY_SUSPICION],
        },
        /// Silence is measured by the wall clock, which jumps.
        TimeByWallClock {
            name: "time-by-wall-clock",
            source: "textbook code, got wrong: the time of day, and not a monotonic clock",
            violates: &[
                NO_EARLY_SUSPICION,
                SILENCE_IS_SUSPECTED,
                DEADLINES_ARE_KEPT,
                EVENTUAL_ACCURACY,
                ABSENCE_IS_NO_DELAY,
                NEWS_JUDGED,
            ],
        },
        /// A node that cannot read how often it has booted begins to count anew.
        ReadErrorIsBlank {
            name: "read-error-is-blank",
            source: "Alagappan et al. 2018: what cannot be read now need not be lost; got wrong",
            violates: &[BOOTS_ARE_COUNTED],
        },
        /// Nobody else is asked to try a peer that does not answer.
        NeverAsksOthers {
            name: "never-asks-others",
            source: "textbook code, left out: who is not reached directly may be there all the same",
            violates: &[OTHERS_ARE_ASKED],
        },
        /// A node sends beats only to those that it holds for alive: two that suspect each other do so for ever.
        BeatsToTheTrusted {
            name: "beats-to-the-trusted",
            source: "textbook code, got wrong: no messages to nodes that are marked as down",
            violates: &[SIGNS_IN_TIME, EVENTUAL_ACCURACY],
        },
        /// With metrics a node answers pings though its disk does nothing.
        AnswersBeforeSync {
            name: "answers-before-sync",
            source: "Huang et al. 2017: a probe must do what requests do; got wrong",
            violates: &[PINGS_ANSWERED],
        },
        /// An answer of a suspect is noticed when it is judged the next time.
        JudgesAtTick {
            name: "judges-at-tick",
            source: "textbook code, got wrong: the state of peers is brought up to date by a timer alone",
            violates: &[NEWS_JUDGED],
        },
        /// In a hybrid each detector has a veto.
        VoteCountsAny {
            name: "vote-counts-any",
            source: "textbook code, got wrong: any in the place of a majority",
            violates: &[NO_EARLY_SUSPICION],
        },
    }
}

impl Peer {
    /// For how long a suspicion is to last until it is confirmed, with [`DetectorFlaw::EarlierDeadline`].
    pub(super) fn earlier_deadline(&self, now: Time, confirm: Duration) -> Duration {
        self.confirms_at.filter(|at| *at > now).map_or(confirm, |at| at.since(now))
    }

    /// The suspicion begins anew, with [`DetectorFlaw::DeadlineMoves`].
    pub(super) fn move_deadline(&mut self, now: Time, opinion: Opinion, confirm: Duration) {
        if self.record.status() == Status::Suspected && opinion.is_suspicion() {
            let boot = self.record.boot();
            self.record = Record::default();
            boot.into_iter().for_each(|boot| self.record.heard(boot));
            _ = self.record.judge(now, opinion, confirm);
        }
    }
}

impl DetectorNode {
    /// What flawed nodes do at each tick.
    pub(super) fn deviate_at_tick(&mut self, node: NodeId, ctx: &mut Ctx<'_>) {
        if self.has(DetectorFlaw::FailoverEveryTick) && self.status(node) == Some(Status::Failed) {
            ctx.emit(Event::Failed(node));
        }
        if self.has(DetectorFlaw::ConfirmsTheTrusted) {
            let now = self.now(ctx);
            let trusted = self.peers.get_mut(&node).filter(|peer| !peer.record.status().is_suspect());
            if trusted.and_then(|peer| peer.confirms_at.take_if(|at| *at <= now)).is_some() {
                ctx.emit(Event::Failed(node));
            }
        }
    }

    /// Sends beats to those that it trusts, with [`DetectorFlaw::BeatsToTheTrusted`].
    pub(super) fn beats_to_the_trusted(&self, stamp: Stamp, ctx: &mut Ctx<'_>) -> bool {
        let trusted = self.peers.iter().filter(|(_, peer)| !peer.record.status().is_suspect());
        let is_flawed = self.has(DetectorFlaw::BeatsToTheTrusted);
        trusted.filter(|_| is_flawed).for_each(|(peer, _)| ctx.send(*peer, Message::Beat(stamp)));
        is_flawed
    }

    /// The timer of a peer that is not monitored any more suspects it, with [`DetectorFlaw::StopKeepsTimer`].
    pub(super) fn judge_stopped(&self, peer: NodeId, ctx: &mut Ctx<'_>) {
        let goes_on = self.has(DetectorFlaw::StopKeepsTimer) && self.parked.contains_key(&peer);
        if goes_on && !self.peers.contains_key(&peer) {
            ctx.emit(Event::Suspected(peer));
        }
    }

    /// Whether it answers for a peer that it holds for alive, with [`DetectorFlaw::VouchesForTarget`].
    pub(super) fn vouches_for(&self, target: NodeId, asker: NodeId, echo: Echo, ctx: &mut Ctx<'_>) -> bool {
        let vouches = self.has(DetectorFlaw::VouchesForTarget) && self.status(target) == Some(Status::Alive);
        if vouches {
            let boot = self.known.get(&target).map_or(0, |known| known.boot);
            ctx.send(asker, Message::Ack { asker, about: target, boot, echo, queue: 0 });
        }
        vouches
    }
}

/// The first of these that suspects decides, with [`DetectorFlaw::VoteCountsAny`].
pub(super) fn vote_with_vetoes<const N: usize>(votes: [(Opinion, u32); N]) -> Opinion {
    let veto = votes.iter().find(|(opinion, weight)| *weight > 0 && opinion.is_suspicion());
    veto.map_or_else(|| vote(votes), |(any, _)| *any)
}
