//! What reads conceded: which of them were stale, and which returned siblings.

use parts::clocks::Dot;
use sim_core::consistency::{Reads, reads_of};
use sim_core::{History, Operation};

use super::history::{Registers, has_siblings};
use super::operations::{QuorumOp, QuorumReply};
use super::version::Cell;

/// Finds the reads of a history. Where versions tell what they come after, a read is stale if it had not seen a write
/// of its key that was complete before.
pub(super) fn find_reads(history: &History<QuorumOp, QuorumReply>) -> Option<Reads> {
    if !has_siblings(history) {
        return reads_of(&Registers, history).ok();
    }
    let writes: Vec<_> = history
        .iter()
        .filter_map(|(_, write)| match write.reply()? {
            QuorumReply::Done(version) => Some((write, version.dot())),
            QuorumReply::Value(_) => None,
        })
        .collect();
    let mut reads = Reads::default();
    for (id, read) in history.iter() {
        let Some(QuorumReply::Value(versions)) = read.reply() else { continue };
        let seen = versions.iter().collect::<Cell>().context();
        let missed = |(write, dot): &(&Operation<QuorumOp, QuorumReply>, Dot)| {
            write.op.key() == read.op.key() && write.precedes(read) && !seen.contains(*dot)
        };
        reads.all.push(id);
        if writes.iter().any(missed) {
            reads.stale.push(id);
        }
        if versions.len() > 1 {
            reads.conflicting.push(id);
        }
    }
    Some(reads)
}
