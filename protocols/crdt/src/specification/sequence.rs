//! In which order the elements of a sequence may stand.

use parts::clocks::Dot;

use super::by_dot::ByDot;

/// The *strong list specification* (Attiya, Burckhardt, Gotsman, Morrison, Yang and Zawirski, *Specification and
/// Complexity of Collaborative Text Editing*, PODC 2016): there is one total order of all elements
/// ever inserted, deleted ones among them, and every replica shows the elements that it has in that order, at
/// every time.
#[derive(Clone, Debug, Default)]
pub struct ListOrder {
    /// By element, what was seen right behind it. There is no cycle.
    behind: ByDot<Behind>,
    /// How many searches there were.
    searches: u64,
}

/// What was seen right behind an element.
#[derive(Clone, Debug, Default)]
struct Behind {
    elements: Vec<Dot>,
    /// The last search that came by.
    seen_by: u64,
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
    pub fn observe(&mut self, line: impl IntoIterator<Item = Dot>) -> Result<(), OrderConflict> {
        let mut line = line.into_iter();
        let Some(mut last) = line.next() else { return Ok(()) };
        for second in line {
            let first = std::mem::replace(&mut last, second);
            // What was seen last is what is seen again most often.
            if self.behind.of(first).elements.iter().rev().any(|known| *known == second) {
                continue;
            }
            if self.is_before(second, first) {
                return Err(OrderConflict { first, second });
            }
            self.behind.of(first).elements.push(second);
        }
        Ok(())
    }

    fn is_before(&mut self, first: Dot, second: Dot) -> bool {
        self.searches += 1;
        let mut open = vec![first];
        while let Some(dot) = open.pop() {
            if dot == second {
                return true;
            }
            let behind = self.behind.of(dot);
            if std::mem::replace(&mut behind.seen_by, self.searches) != self.searches {
                open.extend(&behind.elements);
            }
        }
        false
    }
}

/// Behind which element each was inserted: its *left origin*; nothing if at the front.
#[derive(Clone, Debug, Default)]
pub struct Origins(ByDot<Option<Dot>>);

impl Origins {
    /// The element was inserted behind this one.
    pub fn insert(&mut self, element: Dot, behind: Option<Dot>) {
        *self.0.of(element) = behind;
    }
}

impl FromIterator<(Dot, Option<Dot>)> for Origins {
    fn from_iter<I: IntoIterator<Item = (Dot, Option<Dot>)>>(elements: I) -> Self {
        let mut origins = Self::default();
        elements.into_iter().for_each(|(element, behind)| origins.insert(element, behind));
        origins
    }
}

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
pub fn check_interleaving(line: impl IntoIterator<Item = Dot>, origins: &Origins) -> Result<(), Interleaved> {
    // The element that was shown last, and all that it stands behind, outermost first.
    let mut path: Vec<Dot> = Vec::new();
    let mut left: ByDot<bool> = ByDot::default();
    for dot in line {
        // From the element up to the path, deleted ones on the way.
        let mut branch = vec![dot];
        let joint = loop {
            let top = branch[branch.len() - 1];
            match origins.0.get(top).copied().flatten() {
                Some(origin) if left.get(origin).is_some_and(|left| *left) => {
                    return Err(Interleaved { element: origin, torn_off: dot });
                }
                Some(origin) => match path.iter().rposition(|on_path| *on_path == origin) {
                    Some(place) => break place + 1,
                    None => branch.push(origin),
                },
                None => break 0,
            }
        };
        path.drain(joint..).for_each(|dot| *left.of(dot) = true);
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
        assert_eq!(order.observe(dots(&[1, 2])), Ok(()));
        assert_eq!(order.observe(dots(&[2, 3, 4])), Ok(()));
        assert_eq!(order.observe(dots(&[1, 4])), Ok(()));
        let [first, second] = [4, 1].map(|number| Dot { origin: 0, number });
        assert_eq!(order.observe(dots(&[4, 1])), Err(OrderConflict { first, second }));
    }

    fn check(line: &[u64], expected: Result<(), (u64, u64)>) {
        // 1 and 2 at the front, 3 behind 1, 4 behind 3, 5 behind 1.
        let origins = [(1, None), (2, None), (3, Some(1)), (4, Some(3)), (5, Some(1))];
        let dot = |number| Dot { origin: 0, number };
        let origins = origins.into_iter().map(|(of, origin): (u64, Option<u64>)| (dot(of), origin.map(dot))).collect();
        let found = check_interleaving(dots(line), &origins);
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
