//! What clients got: how much of what they asked was answered, and what the answers conceded.
//!
//! Under a partition a system gives up one of two things (Gilbert, Lynch 2002): some operations are not
//! answered, or some answers are not what one copy of the data would say.

use std::ops::AddAssign;

use crate::history::{History, Operation, OperationId, OperationOutcome};
use crate::outcome::{FaultRecord, Summary};
use crate::system::SystemUnderTest;
use crate::time::Time;

/// What clients got, of one run or of several together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Service {
    /// In the whole run.
    pub all: Served,
    /// Of the operations that were invoked while a fault of the plan lasted.
    pub during_faults: Served,
}

/// What became of some operations.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Served {
    /// Operations that were invoked.
    pub asked: u64,
    /// Those with a reply.
    pub answered: u64,
    /// Those that certainly had no effect.
    pub refused: u64,
    /// Those of which the client never learnt what became of them.
    pub unknown: u64,
    /// What the reads among them showed, if the protocol can tell.
    pub reads: Option<ReadsServed>,
}

/// What reads showed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReadsServed {
    /// Reads that were answered.
    pub answered: u64,
    /// Those that were [stale](crate::consistency::Reads::stale).
    pub stale: u64,
    /// Those that returned several values which were written without knowledge of each other.
    pub conflicting: u64,
}

impl Service {
    /// What the clients of a run got.
    pub(crate) fn of<P: SystemUnderTest>(history: &History<P::Op, P::Reply>, summary: &Summary) -> Self {
        let reads = (P::READS)(history);
        let mut service = Self::default();
        if reads.is_some() {
            service.all.reads = Some(ReadsServed::default());
            service.during_faults.reads = Some(ReadsServed::default());
        }
        let is_during = |operation: &Operation<_, _>| {
            let invoked = Time::from_nanos(operation.invoked.time_ns);
            summary.faults.iter().any(|fault| lasts_at(fault, invoked))
        };
        for (_, operation) in history.iter() {
            let count = |served: &mut Served| {
                served.asked += 1;
                match operation.outcome {
                    OperationOutcome::Ok { .. } => served.answered += 1,
                    OperationOutcome::Failed { .. } => served.refused += 1,
                    OperationOutcome::Unknown => served.unknown += 1,
                }
            };
            service.count(is_during(operation), count);
        }
        let mut count_reads = |ids: &[OperationId], which: fn(&mut ReadsServed) -> &mut u64| {
            for id in ids {
                let count = |served: &mut Served| *which(served.reads.get_or_insert_default()) += 1;
                service.count(is_during(history.get(*id)), count);
            }
        };
        if let Some(reads) = reads {
            count_reads(&reads.all, |served| &mut served.answered);
            count_reads(&reads.stale, |served| &mut served.stale);
            count_reads(&reads.conflicting, |served| &mut served.conflicting);
        }
        service
    }

    fn count(&mut self, is_during_fault: bool, count: impl Fn(&mut Served)) {
        count(&mut self.all);
        if is_during_fault {
            count(&mut self.during_faults);
        }
    }
}

fn lasts_at(fault: &FaultRecord, time: Time) -> bool {
    fault.began.is_some_and(|began| began <= time) && fault.ended.is_none_or(|ended| time < ended)
}

impl AddAssign for Service {
    fn add_assign(&mut self, other: Self) {
        self.all += other.all;
        self.during_faults += other.during_faults;
    }
}

impl AddAssign for Served {
    fn add_assign(&mut self, other: Self) {
        self.asked += other.asked;
        self.answered += other.answered;
        self.refused += other.refused;
        self.unknown += other.unknown;
        if let Some(more) = other.reads {
            let reads = self.reads.get_or_insert_default();
            reads.answered += more.answered;
            reads.stale += more.stale;
            reads.conflicting += more.conflicting;
        }
    }
}
