//! Cuts runs that grow beyond their [`Limits`](crate::Limits).

use crate::property::LIMITS;
use crate::protocol::Protocol;

use super::Engine;
use super::pending::Pending;

/// After this many steps, pending events are counted.
const COUNT_EVERY: u64 = 1024;

/// Messages are weighed once every (this many times the number of pending events) steps: then it
/// costs next to nothing, however many there are.
const WEIGH_SELDOM: u64 = 16;

/// When a run is looked at next.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Inspection {
    /// At this step the hot loop stops to look.
    pub(super) at: u64,
    /// At this step messages are weighed, and records counted.
    weigh_at: u64,
}

impl<P: Protocol> Engine<'_, P> {
    /// Checks whether the run has reached a limit, or draws anew from now on, and sets when to check again.
    #[cold]
    pub(super) fn inspect(&mut self) {
        self.redraw_if_due();
        let limits = self.simulation.env.limits;
        let pending = self.queue.len() as u64;
        let counts = [
            (self.steps, limits.steps, "steps"),
            (pending, limits.pending_events, "pending events"),
            (self.history.len() as u64, limits.operations, "operations"),
        ];
        let mut reached = counts.into_iter().find(|(count, most, _)| count >= most);
        if reached.is_none() && self.steps >= self.inspection.weigh_at {
            let records: usize = self.site.disks.iter().map(|disk| disk.records().len()).sum();
            let counts = [
                (self.bytes_in_flight(), limits.bytes_in_flight, "bytes in flight"),
                (records as u64, limits.records, "records"),
            ];
            reached = counts.into_iter().find(|(count, most, _)| count >= most);
            let seldom = WEIGH_SELDOM * (pending + self.status.len() as u64);
            self.inspection.weigh_at = self.steps + seldom.max(COUNT_EVERY);
        }
        self.assert_invariants();
        let redraw = self.redraw.map_or(u64::MAX, |redraw| redraw.after);
        self.inspection.at = limits.steps.min(self.steps + COUNT_EVERY).min(redraw);
        if let Some((_, most, what)) = reached {
            self.inconclusive(LIMITS, format!("{} {what}", grouped(most)));
        }
    }

    fn bytes_in_flight(&self) -> u64 {
        let deliveries = self.queue.items().filter_map(|pending| match pending {
            Pending::Delivery(delivery) => Some(delivery.payload.size()),
            _ => None,
        });
        deliveries.sum()
    }
}

/// A number in groups of three digits.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::grouped;

    #[test]
    fn numbers_are_told_in_groups_of_three() {
        let told = [7, 999, 1_000, 10_000_000].map(grouped);
        assert_eq!(told, ["7", "999", "1,000", "10,000,000"]);
    }
}
