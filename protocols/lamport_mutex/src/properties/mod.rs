//! What mutual exclusion claims: conditions (I), (II) and (III) of Lamport 1978, *Ordering the Events
//! Totally*, and the clock condition on which they rest.

mod clock_condition;
mod every_request_is_granted;
mod mutual_exclusion;
mod order_of_requests;

use sim_core::PropertyRow;

use super::names::{CLOCK_CONDITION, EVERY_REQUEST_IS_GRANTED, MUTUAL_EXCLUSION, ORDER_OF_REQUESTS};
use super::node::LamportMutex;

pub use clock_condition::ClockCondition;
pub use every_request_is_granted::EveryRequestIsGranted;
pub use mutual_exclusion::MutualExclusion;
pub use order_of_requests::OrderOfRequests;

/// All properties, in the order in which they look at a step.
pub(super) const PROPERTIES: &[PropertyRow<LamportMutex>] = &[
    PropertyRow {
        name: MUTUAL_EXCLUSION,
        summary: "A process which has been granted the resource releases it before it is granted to another.",
        source: "Lamport 1978, Ordering the Events Totally, condition (I)",
        make: |_| Box::<MutualExclusion>::default(),
    },
    PropertyRow {
        name: ORDER_OF_REQUESTS,
        summary: "Requests are granted in the order of their times, and none before one that its process had heard of.",
        source: "Lamport 1978, Ordering the Events Totally, condition (II)",
        make: |_| Box::<OrderOfRequests>::default(),
    },
    PropertyRow {
        name: EVERY_REQUEST_IS_GRANTED,
        summary: "Once faults have ended, no request waits for longer than `granted_within`.",
        source: "Lamport 1978, Ordering the Events Totally, condition (III)",
        make: |config| Box::new(EveryRequestIsGranted::new(config)),
    },
    PropertyRow {
        name: CLOCK_CONDITION,
        summary: "A clock is later after each event, and later than every message that was received.",
        source: "Lamport 1978, Logical Clocks, conditions C1 and C2",
        make: |_| Box::<ClockCondition>::default(),
    },
];
