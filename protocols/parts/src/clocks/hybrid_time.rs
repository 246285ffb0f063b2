//! Hybrid logical clocks (Kulkarni, Demirbas, Madappa, Avva and Leone, *Logical Physical Clocks*, OPODIS 2014).

use std::fmt;

use serde::{Deserialize, Serialize};

/// A time that is close to that of wall clocks, and later than all that led to it, however wrong these are.
///
/// ```
/// use parts::clocks::HybridTime;
///
/// let first = HybridTime::default().tick(70);
/// // Whoever has seen the first goes on from there, although its own clock is late.
/// let second = first.tick(50);
/// assert!(first < second);
/// assert_eq!((second.wall, second.ticks), (70, 1));
/// // Once the wall clock is ahead, it counts again.
/// assert_eq!(second.tick(90), HybridTime { wall: 90, ticks: 0 });
/// ```
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct HybridTime {
    /// The latest time that any wall clock has shown among those that led to it, in nanoseconds.
    pub wall: u64,
    /// How many events since then have had this time.
    pub ticks: u32,
}

impl HybridTime {
    /// The time of an event that comes after this one, at a process whose wall clock shows `wall`.
    #[must_use]
    pub const fn tick(self, wall: u64) -> Self {
        if wall > self.wall { Self { wall, ticks: 0 } } else { Self { wall: self.wall, ticks: self.ticks + 1 } }
    }
}

/// `wall+ticks`, or the wall clock's time alone.
impl fmt::Debug for HybridTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.ticks {
            0 => write!(f, "{}", self.wall),
            ticks => write!(f, "{}+{ticks}", self.wall),
        }
    }
}

#[cfg(test)]
mod tests {
    use sim_core::SimRng;

    use super::*;

    /// Processes with clocks that jump tell each other their times.
    #[test]
    fn what_comes_after_has_a_later_time_and_none_is_ahead_of_all_clocks() {
        let mut rng = SimRng::new(1, 0);
        let mut processes = [HybridTime::default(); 3];
        let mut highest = 0;
        for _ in 0..1000 {
            let [at, from] = [0, 1].map(|_| rng.below(3) as usize);
            let wall = rng.below(100);
            highest = highest.max(wall);
            let before = [processes[at], processes[from]];
            processes[at] = before[0].max(before[1]).tick(wall);
            assert!(before.iter().all(|before| *before < processes[at]), "{before:?} {:?}", processes[at]);
            assert!(processes[at].wall <= highest);
        }
    }
}
