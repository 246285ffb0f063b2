//! Which of two signs of life is the newer one.

use serde::Serialize;

/// Numbers the signs of life of a node: that of a later boot is newer than all of an earlier one, and within a boot
/// the later beat is. Boots are counted where a crash does not take the count away: were there beats alone, a node that
/// counts anew from zero after a crash would be taken for an old message until it has caught up with itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Stamp {
    /// Which boot of the node.
    pub boot: u64,
    /// Which of its beats.
    pub beat: u64,
}

/// Whether a stamp is newer than the newest one so far, which it then becomes: only that is news. A copy, or a message
/// that was overtaken, says nothing of the node as it is now.
pub fn is_news(newest: &mut Option<Stamp>, stamp: Stamp) -> bool {
    let is_newer = newest.is_none_or(|newest| stamp > newest);
    if is_newer {
        *newest = Some(stamp);
    }
    is_newer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_later_boot_is_news_and_a_copy_is_none() {
        let mut newest = None;
        let mut hear = |boot, beat| is_news(&mut newest, Stamp { boot, beat });
        assert!(hear(1, 0) && hear(1, 7));
        assert!(!hear(1, 7) && !hear(1, 3));
        assert!(hear(2, 0) && !hear(1, 8));
    }
}
