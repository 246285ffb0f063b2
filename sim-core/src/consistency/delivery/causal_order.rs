//! The order of deliveries, by sender or by causality.
//!
//! What comes before a message is, of each sender, all its messages up to some number: whatever it
//! broadcast later comes after. So the past of a message is a vector with a number for each sender,
//! and so is what a process has delivered, up to the first delivery that came too early.

use std::collections::BTreeMap;
use std::fmt::Debug;

use super::super::{Budget, Undecided};
use super::{DeliveryViolation, DeliveryViolationKind, Group, Messages};

/// What a process knows and has delivered.
struct Process {
    /// Of each sender, how many messages come before whatever this process broadcasts next.
    past: Vec<u32>,
    /// Of each sender, how many messages it has delivered. There is no gap before the last: the
    /// first gap ends the search.
    delivered: Vec<u32>,
}

/// Finds a delivery that came too early: by causality, or by the order of its sender alone.
pub(super) fn find_disorder<I: Ord + Debug>(
    messages: &Messages<'_, I>,
    group: &Group,
    is_causal: bool,
    budget: Budget,
) -> Result<Option<DeliveryViolation>, Undecided> {
    let events = &messages.log.events;
    let number = |known: &mut BTreeMap<u64, u32>, process: u64| {
        let next = known.len() as u32;
        *known.entry(process).or_insert(next)
    };
    let mut senders = BTreeMap::new();
    for event in events.iter().filter(|event| event.is_broadcast) {
        number(&mut senders, event.process);
    }
    let width = senders.len();
    let mut of_sender = vec![Vec::new(); width];
    let mut processes = BTreeMap::<u64, Process>::new();
    // By message, its sender, its number there and its past.
    let mut sent: Vec<(u32, u32, Vec<u32>)> = Vec::new();
    let mut bytes = 0;
    for (place, event) in events.iter().enumerate() {
        let process = processes.entry(event.process).or_insert_with(|| {
            bytes += 2 * size_of::<u32>() * width;
            Process { past: vec![0; width], delivered: vec![0; width] }
        });
        if event.is_broadcast {
            let sender = senders[&event.process];
            let own: &mut Vec<usize> = &mut of_sender[sender as usize];
            let of_own = own.len() as u32;
            own.push(place);
            bytes += size_of::<u32>() * width;
            sent.push((sender, of_own, process.past.clone()));
            process.past[sender as usize] = of_own + 1;
            if !group.delivers_own {
                process.delivered[sender as usize] = of_own + 1;
            }
        } else if let Some(message) = messages.numbers[place] {
            let (sender, of_own, past) = &sent[message as usize];
            let lacks = |of: &usize| process.delivered[*of] < past[*of] && (is_causal || *of == *sender as usize);
            if let Some(of) = (0..width).find(lacks) {
                let missing = of_sender[of][process.delivered[of] as usize];
                let last = messages.broadcasts[message as usize] as usize;
                let kind = DeliveryViolationKind::Disorder { receiver: event.process };
                return Ok(Some(messages.violation(kind, &[missing, last, place])));
            }
            let raise = |known: &mut u32, to: u32| *known = (*known).max(to);
            raise(&mut process.delivered[*sender as usize], of_own + 1);
            process.past.iter_mut().zip(past).for_each(|(own, other)| raise(own, *other));
            raise(&mut process.past[*sender as usize], of_own + 1);
        } else {
            let what = format!("{:?} was delivered, but not broadcast before", event.message);
            return Err(Undecided::Unclear { what });
        }
        if bytes as u64 > budget.bytes {
            return Err(Undecided::OutOfMemory { limit_bytes: budget.bytes });
        }
    }
    Ok(None)
}
