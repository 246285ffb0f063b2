//! Which of the records on a disk can be trusted.

use sim_core::Stored;

/// The disk holds what no crash can have left: a corrupt record before the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BrokenDisk;

/// The records on a disk, but for a torn one at its end.
///
/// What a node does with its own disk is [`Journal::open`](super::Journal::open); this is for whoever
/// looks at the disk of another, as properties do.
///
/// # Errors
/// If a record before the last is corrupt.
pub fn good_records<R>(stored: &[Stored<R>]) -> Result<Vec<&R>, BrokenDisk> {
    good_records_while(stored, |_| true)
}

/// The same up to the first record that does not fit to those before it. What is behind that is not
/// looked at.
///
/// # Errors
/// If a record before the last is corrupt, and none before it does not fit.
pub fn good_records_while<'a, R>(
    stored: &'a [Stored<R>],
    mut fits: impl FnMut(&'a R) -> bool,
) -> Result<Vec<&'a R>, BrokenDisk> {
    let mut good = Vec::with_capacity(stored.len());
    for (place, record) in stored.iter().enumerate() {
        match record.readable() {
            Some(record) if fits(record) => good.push(record),
            None if place + 1 < stored.len() => return Err(BrokenDisk),
            // It does not fit, or it is torn.
            _ => break,
        }
    }
    Ok(good)
}

#[cfg(test)]
mod tests {
    use Stored::{Corrupt, Readable};

    use super::*;

    fn check(stored: &[Stored<u32>], expected: Result<&[u32], BrokenDisk>) {
        // A record fits that is higher than the one before it.
        let mut last = 0;
        let rises = |record: &u32| *record > std::mem::replace(&mut last, *record);
        let found = good_records_while(stored, rises);
        assert_eq!(found, expected.map(|records| records.iter().collect()), "{stored:?}");
    }

    #[test]
    fn a_torn_tail_is_not_good() {
        check(&[], Ok(&[]));
        check(&[Readable(1), Readable(2)], Ok(&[1, 2]));
        check(&[Readable(1), Corrupt], Ok(&[1]));
        check(&[Corrupt], Ok(&[]));
    }

    #[test]
    fn a_disk_that_no_crash_leaves_is_broken() {
        check(&[Readable(1), Corrupt, Readable(2)], Err(BrokenDisk));
        check(&[Corrupt, Corrupt], Err(BrokenDisk));
        assert_eq!(good_records(&[Corrupt, Readable(2)]), Err(BrokenDisk));
    }

    #[test]
    fn what_does_not_fit_is_not_good_nor_what_is_behind_it() {
        check(&[Readable(2), Readable(1), Readable(3)], Ok(&[2]));
        check(&[Readable(2), Readable(1), Corrupt, Readable(3)], Ok(&[2]));
        assert_eq!(good_records(&[Readable(2), Readable(1)]), Ok(vec![&2, &1]));
    }
}
