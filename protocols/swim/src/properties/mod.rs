//! What SWIM promises.

mod answers;
mod detection;
mod forgetting;
mod health;
mod incarnations;
mod limits;
mod messages;
mod reads;
mod settled;
mod statements;
mod suspicions;

use sim_core::{NodeId, ProcessId, PropertyRow};

use super::names::{
    ACCURACY, ANSWERS_ARE_FRESH, ANSWERS_ARE_KNOWN, BOUNDED_PIGGYBACK, COMPLETENESS, CONVERGENCE, FORGOTTEN,
    FORGOTTEN_IN_TIME, HEALTH, INCARNATIONS_GROW, LAST_AS_SHARED, LEAVING_IS_TOLD, LEFT_IS_NOT_FAILED, LEFT_STAYS_AWAY,
    METADATA, NEWS_ARE_TOLD, NOBODY_UNTOLD, ONLY_THE_OWNER, ORDER, OTHERS_ARE_ASKED, SAID, SERVED, SUSPICION_FIRST,
    SUSPICIONS_ARE_TOLD, TIME_BOUNDED, UNWELL,
};
use super::node::Swim;

pub use answers::AnswersAreKnown;
pub use detection::{AnswersAreFresh, OthersAreAsked, StrongCompleteness, SuspicionPrecedesDeath, TimeBoundedProbing};
pub use forgetting::{NobodyIsKnownUntold, TheDepartedAreForgotten};
pub use health::NoAnswersAreUnwell;
pub use incarnations::{IncarnationsGrow, NewsAreTheOwners};
pub use limits::{BoundedPiggyback, LeavingIsTold, NewsAreTold, SuspicionsAreTold};
pub use messages::{MessagesSayWhatIsKnown, RequestsAreServed};
pub use settled::InTheEnd;
pub use statements::{StatementsOverrideInOrder, TheForgottenStayForgotten, WhoLeftHasNotFailed, WhoLeftStaysAway};
pub use suspicions::SuspicionsLastAsShared;

/// All properties, in the order in which they look at a step.
pub(super) const PROPERTIES: &[PropertyRow<Swim>] = &[
    PropertyRow {
        name: INCARNATIONS_GROW,
        summary: "A node is a member under an incarnation that is higher than all under which it was before.",
        source: "Das et al. 2002, section 4.2",
        make: |_| Box::<IncarnationsGrow>::default(),
    },
    PropertyRow {
        name: ONLY_THE_OWNER,
        summary: "Nobody knows of an incarnation that its member has not begun.",
        source: "Das et al. 2002, section 4.2: incarnation numbers are incremented by the member alone",
        make: |_| Box::new(NewsAreTheOwners::incarnations()),
    },
    PropertyRow {
        name: METADATA,
        summary: "What is known of an incarnation's metadata is what the member has said.",
        source: "hashicorp/memberlist, UpdateNode",
        make: |_| Box::new(NewsAreTheOwners::metadata()),
    },
    PropertyRow {
        name: LEFT_IS_NOT_FAILED,
        summary: "Who leaves stays a member for nobody who knows, and nobody who knows holds it for dead.",
        source: "hashicorp/memberlist#213; hashicorp/consul#3706",
        make: |_| Box::<WhoLeftHasNotFailed>::default(),
    },
    PropertyRow {
        name: LEFT_STAYS_AWAY,
        summary: "A node that has left is a member again only when an operator wants it.",
        source: "hashicorp/serf, Leave: a node that has left does not join again by itself",
        make: |_| Box::<WhoLeftStaysAway>::default(),
    },
    PropertyRow {
        name: FORGOTTEN,
        summary: "Who was forgotten comes back only under a higher incarnation.",
        source: "this crate: nothing that was said before brings back the dead",
        make: |_| Box::<TheForgottenStayForgotten>::default(),
    },
    PropertyRow {
        name: FORGOTTEN_IN_TIME,
        summary: "Who is dead or has left is forgotten after as many periods as the configuration says.",
        source: "hashicorp/memberlist, GossipToTheDeadTime",
        make: |config| Box::new(TheDepartedAreForgotten::new(config)),
    },
    PropertyRow {
        name: NOBODY_UNTOLD,
        summary: "A node that boots or joins knows of nobody, unless all begin as members.",
        source: "Das et al. 2002, section 3: a member knows whom it was told of",
        make: |config| Box::new(NobodyIsKnownUntold::new(config)),
    },
    PropertyRow {
        name: ANSWERS_ARE_KNOWN,
        summary: "A client is told of those whom some member took for members while it waited.",
        source: "this crate: a client sees the view of a member",
        make: |_| Box::<AnswersAreKnown>::default(),
    },
    PropertyRow {
        name: ORDER,
        summary: "What is known of a member is overridden by a higher incarnation, or a later status, alone.",
        source: "Das et al. 2002, section 4.2, the rules for Alive, Suspect and Confirm",
        make: |_| Box::<StatementsOverrideInOrder>::default(),
    },
    PropertyRow {
        name: SUSPICION_FIRST,
        summary: "Who finds out that a member is dead has suspected this incarnation for the whole time.",
        source: "Das et al. 2002, section 4.2",
        make: |config| Box::new(SuspicionPrecedesDeath::new(config)),
    },
    PropertyRow {
        name: SUSPICIONS_ARE_TOLD,
        summary: "Who finds out that a member is dead has told others before that it is suspected.",
        source: "Das et al. 2002, section 4.2: a suspicion is disseminated, so that it can be refuted",
        make: |config| Box::new(SuspicionsAreTold::new(config)),
    },
    PropertyRow {
        name: BOUNDED_PIGGYBACK,
        summary: "A message carries at most so many updates, and each is told at most so often.",
        source: "Das et al. 2002, section 4.1",
        make: |config| Box::new(BoundedPiggyback::new(config)),
    },
    PropertyRow {
        name: NEWS_ARE_TOLD,
        summary: "What is new is told as often as the configuration says, unless there is something newer.",
        source: "Das et al. 2002, section 4.1: each update is piggybacked at most λ log n times",
        make: |config| Box::new(NewsAreTold::new(config)),
    },
    PropertyRow {
        name: LEAVING_IS_TOLD,
        summary: "Who leaves says so for as long as the configuration says. The first node never leaves.",
        source: "hashicorp/memberlist, Leave: it returns when the message has been gossiped, and not before",
        make: |config| Box::new(LeavingIsTold::new(config)),
    },
    PropertyRow {
        name: SERVED,
        summary: "Who is pinged or asked for what it knows answers; who is asked to ping another does, and tells.",
        source: "Das et al. 2002, section 3.1; Dadgar et al. 2018, section IV-A: nack",
        make: |config| Box::new(RequestsAreServed::new(config)),
    },
    PropertyRow {
        name: SAID,
        summary: "An update is what its sender knows; the accused are told first, and who synchronises tells all.",
        source: "Das et al. 2002, section 4.1; Dadgar et al. 2018, section IV-C; hashicorp/memberlist, push/pull",
        make: |config| Box::new(MessagesSayWhatIsKnown::new(config)),
    },
    PropertyRow {
        name: LAST_AS_SHARED,
        summary: "A suspicion that nobody refutes lasts as long as the number of those says who share it.",
        source: "Das et al. 2002, section 4.2; Dadgar et al. 2018, section IV-B",
        make: |config| Box::new(SuspicionsLastAsShared::new(config)),
    },
    PropertyRow {
        name: ANSWERS_ARE_FRESH,
        summary: "A target that has answered was up at some time since it was pinged.",
        source: "Das et al. 2002, section 3.1",
        make: |_| Box::<AnswersAreFresh>::default(),
    },
    PropertyRow {
        name: OTHERS_ARE_ASKED,
        summary: "Who suspects a member by itself, on time, has asked k others to ping it, or as many as it knows.",
        source: "Das et al. 2002, section 3.1: ping-req",
        make: |config| Box::new(OthersAreAsked::new(config)),
    },
    PropertyRow {
        name: TIME_BOUNDED,
        summary: "In rounds, a member pings each other again within 2n - 1 of its periods.",
        source: "Das et al. 2002, section 4.3",
        make: |config| Box::new(TimeBoundedProbing::new(config)),
    },
    PropertyRow {
        name: COMPLETENESS,
        summary: "Within so many of its own periods, a member holds one for dead that has crashed.",
        source: "Das et al. 2002, sections 3.1 and 4.3: Strong Completeness, Time-Bounded",
        make: |config| Box::new(StrongCompleteness::new(config)),
    },
    PropertyRow {
        name: ACCURACY,
        summary: "When nothing goes wrong for long enough, every member knows every other, and holds none for dead.",
        source: "Das et al. 2002, section 4.2; Chandra and Toueg 1996, eventual strong accuracy",
        make: |config| Box::new(InTheEnd::accuracy(config)),
    },
    PropertyRow {
        name: CONVERGENCE,
        summary: "When nothing goes wrong for long enough, all members know the same of each node.",
        source: "Das et al. 2002: weakly consistent membership",
        make: |config| Box::new(InTheEnd::convergence(config)),
    },
    PropertyRow {
        name: UNWELL,
        summary: "With Lifeguard, who gets no answers, or must refute something, takes itself for unwell.",
        source: "Dadgar et al. 2018, section IV-A",
        make: |config| Box::new(NoAnswersAreUnwell::new(config)),
    },
    PropertyRow {
        name: HEALTH,
        summary: "When nothing goes wrong for long enough, every member takes itself for well.",
        source: "Dadgar et al. 2018, section IV-A",
        make: |config| Box::new(InTheEnd::health(config)),
    },
];

/// The process of a node: there are no twins of members.
const fn process(node: NodeId) -> ProcessId {
    ProcessId(node.index())
}
