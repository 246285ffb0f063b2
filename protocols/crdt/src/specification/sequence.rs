//! In which order the elements of a sequence may stand.

use std::collections::{BTreeMap, BTreeSet};

use parts::clocks::Dot;

/// The *strong list specification* (Attiya, Burckhardt, Gotsman, Morrison, Yang and Zawirski, *Specification and
/// Complexity of Collaborative Text Editing*, PODC 2016): there is one total order of all elements
/// ever inserted, deleted ones among them, and every replica shows the elements that it has in that order, at
/// every time.
#[derive(Clone, Debug, Default)]
pub struct ListOrder {
    /// By element, those that were seen right behind it. It has no cycle.
    behind: BTreeMap<Dot, BTreeSet<Dot>>,
}

/// Two elements that replicas have shown in both orders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrderConflict {
    /// The one that comes first now.
    pub first: Dot,
    /// The one that came first before, by itself or with others between them.
    pub second: Dot,
}

impl ListOrder {
    /// A replica shows these elements.
    ///
    /// # Errors
    /// Two that stand the other way round than was seen before.
    pub fn observe(&mut self, line: &[Dot]) -> Result<(), OrderConflict> {
        for pair in line.windows(2) {
            let [first, second] = [pair[0], pair[1]];
            if self.behind.get(&first).is_some_and(|known| known.contains(&second)) {
                continue;
            }
            if self.is_before(second, first) {
                return Err(OrderConflict { first, second });
            }
            self.behind.entry(first).or_default().insert(second);
        }
        Ok(())
    }

    fn is_before(&self, first: Dot, second: Dot) -> bool {
        let (mut open, mut seen) = (vec![first], BTreeSet::new());
        while let Some(dot) = open.pop() {
            if dot == second {
                return true;
            }
            if seen.insert(dot) {
                open.extend(self.behind.get(&dot).into_iter().flatten());
            }
        }
        false
    }
}

/// Behind which element each was inserted: its *left origin*; nothing if at the front.
pub type Origins = BTreeMap<Dot, Option<Dot>>;

/// Elements that stand between an element and one that was inserted behind it, and belong to neither.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interleaved {
    /// The element.
    pub element: Dot,
    /// One that was inserted behind it, or behind something that was, and so on.
    pub torn_off: Dot,
}

/// *Forward non-interleaving* (Weidner and Kleppmann, *The Art of the Fugue*, 2023, section 4): what was typed
/// one behind the other stays together. Between an element and what was inserted behind it there is only what was
/// inserted behind it, too: the line goes through the tree of left origins depth first.
///
/// # Errors
/// Where it does not.
pub fn check_interleaving(line: &[Dot], origins: &Origins) -> Result<(), Interleaved> {
    // The element that was shown last, and all that it stands behind, outermost first.
    let mut path: Vec<Dot> = Vec::new();
    let mut left: BTreeSet<Dot> = BTreeSet::new();
    for &dot in line {
        // From the element up to the path, deleted ones on the way.
        let mut branch = vec![dot];
        let joint = loop {
            let top = branch[branch.len() - 1];
            match origins.get(&top).copied().flatten() {
                Some(origin) if left.contains(&origin) => {
                    return Err(Interleaved { element: origin, torn_off: dot });
                }
                Some(origin) => match path.iter().rposition(|on_path| *on_path == origin) {
                    Some(place) => break place + 1,
                    None => branch.push(origin),
                },
                None => break 0,
            }
        };
        left.extend(path.drain(joint..));
        path.extend(branch.into_iter().rev());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dots(numbers: &[u64]) -> Vec<Dot> {
        numbers.iter().map(|&number| Dot { origin: 0, number }).collect()
    }

    #[test]
    fn elements_that_stand_both_ways_round_are_found_over_others() {
        let mut order = ListOrder::default();
        assert_eq!(order.observe(&dots(&[1, 2])), Ok(()));
        assert_eq!(order.observe(&dots(&[2, 3, 4])), Ok(()));
        assert_eq!(order.observe(&dots(&[1, 4])), Ok(()));
        let [first, second] = [4, 1].map(|number| Dot { origin: 0, number });
        assert_eq!(order.observe(&dots(&[4, 1])), Err(OrderConflict { first, second }));
    }

    fn check(line: &[u64], expected: Result<(), (u64, u64)>) {
        // 1 and 2 at the front, 3 behind 1, 4 behind 3, 5 behind 1.
        let origins = [(1, None), (2, None), (3, Some(1)), (4, Some(3)), (5, Some(1))];
        let dot = |number| Dot { origin: 0, number };
        let origins = origins.into_iter().map(|(of, origin): (u64, Option<u64>)| (dot(of), origin.map(dot))).collect();
        let found = check_interleaving(&dots(line), &origins);
        assert_eq!(found.map_err(|found| (found.element.number, found.torn_off.number)), expected, "{line:?}");
    }

    #[test]
    fn what_stands_between_an_element_and_what_is_behind_it_is_found() {
        check(&[2, 1, 5, 3, 4], Ok(()));
        check(&[1, 3, 4, 5, 2], Ok(()));
        check(&[1, 2, 3], Err((1, 3)));
        check(&[1, 3, 5, 4], Err((3, 4)));
        // 3 is deleted.
        check(&[2, 1, 4, 5], Ok(()));
        check(&[1, 5, 4], Ok(()));
        check(&[4, 2, 5], Err((1, 5)));
    }
}
