//! What a replica writes to its disk.

use serde::Serialize;
use sim_core::Stored;

use super::configuration::Configuration;
use super::state::State;

/// All that a replica must not forget. Each record says everything, and the last one counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Record {
    /// The configuration that was installed last.
    pub(super) configuration: Configuration,
    /// Whether it is sealed: a sealed replica acknowledges nothing, and answers no read.
    pub(super) is_sealed: bool,
    /// What it knows of the counter.
    pub(super) state: State,
    /// How often it has booted since it was promoted.
    pub(super) boots: u64,
}

/// What a disk says; nothing if it is empty, or if any record cannot be read.
///
/// A record that a power loss has torn looks like one that has rotted, of which others may have been told. So both
/// are taken for the loss of the disk.
pub(super) fn last_record(stored: &[Stored<Record>]) -> Option<&Record> {
    let all = stored.iter().map(Stored::readable).collect::<Option<Vec<_>>>()?;
    all.last().copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_with_a_record_that_cannot_be_read_says_nothing() {
        let record = |boots| {
            let (configuration, state) = (Configuration::default(), State::default());
            Record { configuration, is_sealed: false, state, boots }
        };
        let stored = |boots| Stored::Readable(record(boots));
        assert_eq!(last_record(&[]), None);
        assert_eq!(last_record(&[stored(1), stored(2)]), Some(&record(2)));
        assert_eq!(last_record(&[stored(1), Stored::Corrupt]), None);
        assert_eq!(last_record(&[Stored::Corrupt, stored(2)]), None);
    }
}
