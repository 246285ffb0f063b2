//! Bugs that people make when they implement Paxos. Each one is a deviation in a single place of the code, found by
//! searching for its name.

use parts::kv::KvOp;
use sim_core::consistency::Level;
use sim_core::{Guarantee, NodeId};

use super::learner::Learner;
use super::message::Command;
use super::names as p;
use super::node::{Ctx, Paxos};
use super::proposer::Proposer;

/// The check of the clients' history.
const LINEARIZABILITY: &str = Guarantee::Level(Level::Linearizable).property();
/// The check that something happens after the heal.
const PROGRESS: &str = "Progress";

/// What can go wrong once an acceptor forgets, or breaks what it has promised.
const ANY_SAFETY: &[&str] = &[
    p::PROMISE_NEVER_DECREASES,
    p::PROMISES_ARE_KEPT,
    p::ACCEPTED_WITHIN_PROMISE,
    p::ACCEPTANCES_ARE_KEPT,
    p::ONE_PROPOSER_A_BALLOT,
    p::ONE_VALUE_A_BALLOT,
    p::PROMISES_WERE_MADE,
    p::QUORUMS_MEET,
    p::WITHIN_ALPHA,
    p::P2C,
    p::CHOSEN_BY_QUORUM,
    p::AGREEMENT,
    p::SAME_STATE,
    p::LEASE_IS_EXCLUSIVE,
    p::LEASE_IS_KEPT,
    LINEARIZABILITY,
];
/// What can go wrong once a value is proposed that is not the one that may have been chosen.
const P2C_AND_MORE: &[&str] = &[p::P2C, p::AGREEMENT, p::SAME_STATE, LINEARIZABILITY];

sim_core::flaws! {
    /// A known bug, by its name in scenario files.
    pub enum PaxosFlaw {
        /// Neither promises nor acceptances are written to the disk.
        AcceptorAmnesia {
            name: "acceptor-amnesia",
            source: "textbook code, left out; Lamport 2001, 2.3: an acceptor records its response before it sends it",
            violates: ANY_SAFETY,
        },
        /// Promises and acceptances are written but not synced before the acceptor answers; a power loss undoes them.
        UnsyncedAcceptor {
            name: "unsynced-acceptor",
            source: "Rebello et al., USENIX ATC 2020; Lamport 2001, 2.3, got wrong",
            violates: ANY_SAFETY,
        },
        /// A proposer asks for promises before it is durable that it has used the ballot, and uses it again after a
        /// crash.
        UnsyncedBallot {
            name: "unsynced-ballot",
            source: "Lamport 2001, 2.3: a proposer remembers the highest number it has tried in stable storage; left out",
            violates: ANY_SAFETY,
        },
        /// Ballots are numbers without the name of a node: two nodes use the same.
        SharedBallots {
            name: "shared-ballots",
            source: "textbook code, got wrong; Lamport 2001, 2.2: different proposers choose from disjoint sets",
            violates: ANY_SAFETY,
        },
        /// A proposer begins phase 2 when one other acceptor has promised.
        LeadsWithoutQuorum {
            name: "leads-without-quorum",
            source: "textbook code, got wrong: phase 2 without a majority of promises",
            violates: ANY_SAFETY,
        },
        /// A proposer counts a refusal as a promise: an answer is an answer.
        CountsRefusals {
            name: "counts-refusals",
            source: "textbook code, got wrong: refusals counted as promises",
            violates: ANY_SAFETY,
        },
        /// A proposer counts promises whatever their ballot.
        StalePromises {
            name: "stale-promises",
            source: "textbook code, left out: replies that do not say which request they answer",
            violates: ANY_SAFETY,
        },
        /// To accept a proposal does not raise the promise: a lower one can follow.
        AcceptsWithoutPromise {
            name: "accepts-without-promise",
            source: "textbook code, left out; relative: one ballot variable too few (Sutra 2020, of EPaxos)",
            violates: ANY_SAFETY,
        },
        /// An acceptor accepts whatever it has promised.
        AcceptsBelowPromise {
            name: "accepts-below-promise",
            source: "Lamport 2001, P1a, left out",
            violates: ANY_SAFETY,
        },
        /// What acceptors return of a leader's rounds extends no lease: each read waits for a round of its own.
        LeaseNeverBegins {
            name: "lease-never-begins",
            source: "textbook code, left out",
            violates: &[p::ROUNDS_ARE_LEASES],
        },
        /// A leader that has a lease has reads chosen all the same.
        ProposesLeasedReads {
            name: "proposes-leased-reads",
            source: "textbook code, left out",
            violates: &[p::READS_BY_LEASE],
        },
        /// A change of the acceptors holds once clients have asked for enough: no no-ops are proposed for it.
        ChangesWaitForClients {
            name: "changes-wait-for-clients",
            source: "Lamport 2001, 3, left out: no-ops let a change take effect at once",
            violates: &[p::CHANGES_DO_NOT_WAIT],
        },
        /// An acceptor that has promised a higher ballot says nothing to who asks it to accept.
        NeverRefuses {
            name: "never-refuses",
            source: "Lamport 2001, 2.4: it should inform the proposer, which gives its proposal up; left out",
            violates: &[p::REFUSALS_ARE_TOLD],
        },
        /// A leader answers a request that it has executed only when the client asks again.
        AnswersRepeatsAlone {
            name: "answers-repeats-alone",
            source: "textbook code, left out: who waits for which request",
            violates: &[p::WAITING_ANSWERED],
        },
        /// A new leader proposes what its clients ask although phase 1 has returned something.
        IgnoresAccepted {
            name: "ignores-accepted",
            source: "Lamport 2001, P2c, left out; Chandra, Griesemer and Redstone 2007, 4.1",
            violates: P2C_AND_MORE,
        },
        /// Of what phase 1 returns of an instance a proposer takes what it is told first, not that of the highest
        /// ballot.
        TakesFirstAccepted {
            name: "takes-first-accepted",
            source: "Lamport 2001, P2c, got wrong",
            violates: P2C_AND_MORE,
        },
        /// Phase 1 is about the instances behind the last that is known to be chosen; gaps before it are filled with
        /// no-ops all the same.
        FillsGapsUnprepared {
            name: "fills-gaps-unprepared",
            source: "Lamport 2001, 3, got wrong: a leader executes phase 1 for the gaps too",
            violates: P2C_AND_MORE,
        },
        /// An acceptor promises a ballot although it has forgotten what it had accepted in some of its instances.
        PromisesForgotten {
            name: "promises-forgotten",
            source: "Chandra, Griesemer and Redstone 2007, 5.5, got wrong: who needs the log before a snapshot needs the snapshot",
            violates: ANY_SAFETY,
        },
        /// A leader takes nothing from acceptors that promise when it leads already, which new acceptors do.
        IgnoresLatePromises {
            name: "ignores-late-promises",
            source: "Lamport 2001, 3, left out: phase 1 is about the new acceptors as well",
            violates: P2C_AND_MORE,
        },
        /// Quorums of phase 1 are one acceptor too small to meet those of phase 2.
        QuorumsApart {
            name: "quorums-apart",
            source: "Howard, Malkhi and Spiegelman 2016, the one condition, got wrong",
            violates: &[p::QUORUMS_MEET, p::P2C, p::AGREEMENT, p::SAME_STATE, p::LEASE_IS_EXCLUSIVE, LINEARIZABILITY],
        },
        /// A leader counts how often a proposal was accepted, not by whom.
        CountsAcceptorTwice {
            name: "counts-acceptor-twice",
            source: "textbook code, got wrong: a learner that counts messages, where links duplicate",
            violates: &[p::CHOSEN_BY_QUORUM, p::P2C, p::AGREEMENT, p::SAME_STATE, LINEARIZABILITY],
        },
        /// A leader counts acceptances whatever their ballot: also those of a ballot in which it led before.
        CountsOlderAcceptances {
            name: "counts-older-acceptances",
            source: "textbook code, left out: replies that do not say which request they answer",
            violates: &[p::CHOSEN_BY_QUORUM, p::P2C, p::AGREEMENT, p::SAME_STATE, LINEARIZABILITY],
        },
        /// A node takes what it has accepted for what was chosen, up to where the leader says that all is chosen,
        /// whatever the ballot in which it accepted it.
        LearnsFromOwn {
            name: "learns-from-own",
            source: "Lamport 2001, 2.3, got wrong: that a proposal is chosen is known of its number, not of its instance",
            violates: &[p::ROUNDS_ARE_LEASES, p::CHOSEN_BY_QUORUM, p::AGREEMENT, p::SAME_STATE, LINEARIZABILITY],
        },
        /// A learner applies what it is told, without waiting for what is missing before it.
        AppliesOverGaps {
            name: "applies-over-gaps",
            source: "Lamport 2001, 3, left out: a command waits for all before it",
            violates: &[
                p::WITHIN_ALPHA, p::QUORUMS_MEET, p::SAME_STATE, p::P2C, p::AGREEMENT, p::CHOSEN_BY_QUORUM,
                LINEARIZABILITY,
            ],
        },
        /// A leader proposes in any number of instances before those before them are chosen.
        PipelinesPastAlpha {
            name: "pipelines-past-alpha",
            source: "Lamport 2001, 3, left out: α commands ahead and no more",
            violates: &[p::WITHIN_ALPHA, p::CHOSEN_BY_QUORUM, p::P2C, p::AGREEMENT, p::SAME_STATE, LINEARIZABILITY],
        },
        /// A change of the acceptors holds from the next instance on: there the leader may have proposed already.
        ReconfiguresAtOnce {
            name: "reconfigures-at-once",
            source: "Lamport 1998, 3.3.8, and 2001, 3, left out: a change holds α instances later",
            violates: &[p::QUORUMS_MEET, p::CHOSEN_BY_QUORUM, p::PROMISES_WERE_MADE, p::P2C, p::AGREEMENT, p::SAME_STATE, LINEARIZABILITY],
        },
        /// A leader begins a change of the acceptors while another is under way, of which it knows nothing yet: the second
        /// undoes the first.
        ChangesOverlap {
            name: "changes-overlap",
            source: "textbook code, left out; relative: Ongaro's thesis 4.1, one change at a time",
            violates: &[p::ONE_CHANGE_AT_A_TIME],
        },
        /// A snapshot leaves on the disk what was applied, and not what was accepted behind that.
        SnapshotDropsAccepted {
            name: "snapshot-drops-accepted",
            source: "Chandra, Griesemer and Redstone 2007, 5.5, got wrong: the log is truncated behind the snapshot too",
            violates: ANY_SAFETY,
        },
        /// A node that has taken a snapshot keeps what it had accepted before it: its log grows for ever.
        SnapshotKeepsLog {
            name: "snapshot-keeps-log",
            source: "Chandra, Griesemer and Redstone 2007, 5.5, left out: the log is truncated once there is a snapshot",
            violates: &[p::LOG_IS_TRUNCATED],
        },
        /// A snapshot that another is sent does not include the sessions of clients.
        SnapshotLosesSessions {
            name: "snapshot-loses-sessions",
            source: "Chandra, Griesemer and Redstone 2007, 5.5: snapshot and log must be consistent; relative: etcd#14890",
            violates: &[p::SAME_STATE, LINEARIZABILITY],
        },
        /// A node takes over any state that it is sent, however old the message is, and forgets what it had accepted.
        InstallsOlderState {
            name: "installs-older-state",
            source: "textbook code, left out: messages are late and doubled; relative: Raft, Figure 13, rule 6",
            violates: ANY_SAFETY,
        },
        /// A state that another is sent does not tell which acceptors are decided on for later instances.
        StateLosesMembers {
            name: "state-loses-members",
            source: "Lamport 2001, 3, got wrong: the acceptors are part of the state; relative: etcd#13466, of learners in snapshots",
            violates: &[p::LEASE_IS_EXCLUSIVE, p::CHOSEN_BY_QUORUM, p::QUORUMS_MEET, p::P2C, p::AGREEMENT, p::SAME_STATE, LINEARIZABILITY, PROGRESS],
        },
        /// An operation that a client repeats takes effect again.
        RepeatsOperations {
            name: "repeats-operations",
            source: "Chandra, Griesemer and Redstone 2007, 5.4, relative; Ongaro's thesis 6.3, left out",
            violates: &[p::WAITING_ANSWERED, LINEARIZABILITY],
        },
        /// A leader answers a write when it has proposed it.
        AnswersBeforeChosen {
            name: "answers-before-chosen",
            source: "textbook code, got wrong: success is reported whatever the others do",
            violates: &[LINEARIZABILITY],
        },
        /// A leader answers reads at once, without a lease.
        ReadsWithoutLease {
            name: "reads-without-lease",
            source: "Chandra, Griesemer and Redstone 2007, 5.2, left out: another may lead, and choose",
            violates: &[LINEARIZABILITY],
        },
        /// A leader answers reads by its lease before it has applied what it was told of in phase 1.
        LeaseBeforeCaughtUp {
            name: "lease-before-caught-up",
            source: "Chandra, Griesemer and Redstone 2007, 5.2, got wrong; relative: Ongaro's thesis 6.4, of the leader's no-op",
            violates: &[p::LEASE_IS_EXCLUSIVE, LINEARIZABILITY],
        },
        /// A lease is granted by the acceptors of the next instance, and not by those that are decided on for later ones.
        LeaseOfOldAcceptors {
            name: "lease-of-old-acceptors",
            source: "Lamport 2001, 3, and Chandra, Griesemer and Redstone 2007, 5.2, put together, got wrong",
            violates: &[p::LEASE_IS_KEPT, p::LEASE_IS_EXCLUSIVE, LINEARIZABILITY],
        },
        /// A lease is as long as an acceptor's promise to answer nobody else, whatever clocks do.
        LeaseIgnoresDrift {
            name: "lease-ignores-drift",
            source: "Chandra, Griesemer and Redstone 2007, 5.2, left out: the leader's timeout is shorter",
            violates: &[p::LEASE_IS_KEPT, p::LEASE_IS_EXCLUSIVE, LINEARIZABILITY],
        },
        /// The operations that wait are kept by client: the number of a new request is put on the operation of the one
        /// before.
        MixesRequests {
            name: "mixes-requests",
            source: "textbook code, got wrong: what waits is kept by client, not by request",
            violates: &[p::VALIDITY, LINEARIZABILITY, p::ONE_VALUE_A_BALLOT],
        },
        /// A leader sends each proposal once.
        NeverRepeats {
            name: "never-repeats",
            source: "Lamport 2001, 2.3, left out: messages can be lost, so a leader repeats them",
            violates: &[PROGRESS],
        },
        /// A leader that hears from nobody goes on, and whoever hears from it elects nobody else.
        LeadsUnheard {
            name: "leads-unheard",
            source: "OmniPaxos (Ng et al., EuroSys 2023), section 2; Cloudflare's incident of November 2020",
            violates: &[p::UNHEARD_STEPS_DOWN, PROGRESS],
        },
    }
}

impl Paxos {
    /// For the flaw that takes what was accepted here for what was chosen, whatever its ballot.
    pub(super) fn learn_from_own(&mut self, first_unchosen: u64, ctx: &mut Ctx<'_>) {
        for (instance, proposal) in self.accepted_from(self.learner.first_unchosen()) {
            if instance < first_unchosen {
                self.learn(instance, proposal.value, ctx);
            }
        }
    }
}

impl Proposer {
    /// For the flaw that mixes requests: the operation of a client that waits to be chosen, or to be proposed.
    pub(super) fn operation_of(&self, client: NodeId) -> Option<KvOp> {
        self.unchosen().find_map(|command| match command {
            Command::Client { request, op } if request.client == client => Some(*op),
            _ => None,
        })
    }
}

impl Learner {
    /// For the flaw that does not wait for what is missing.
    pub(crate) fn skip_to(&mut self, instance: u64) {
        self.applied = self.applied.max(instance);
    }
}
