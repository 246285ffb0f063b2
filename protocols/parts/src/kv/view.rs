//! The map as the model has it: cheap to clone, and cheaper while there is but one key.

use std::collections::BTreeMap;
use std::fmt;
use std::rc::Rc;

use super::WriteId;

/// The values that are not empty. Keys are checked one by one where no operation is about several: then
/// there is but one.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct KvView(Values);

#[derive(Clone, Default, PartialEq, Eq, Hash)]
enum Values {
    #[default]
    None,
    One(u32, Rc<[WriteId]>),
    /// At least two.
    Several(Rc<BTreeMap<u32, Rc<[WriteId]>>>),
}

impl KvView {
    /// The value of `key`.
    #[must_use]
    pub fn get(&self, key: u32) -> &[WriteId] {
        match &self.0 {
            Values::One(only, value) if *only == key => value,
            Values::Several(values) => values.get(&key).map_or(&[], |value| value),
            Values::None | Values::One(..) => &[],
        }
    }

    /// The same with another value of `key`.
    #[must_use]
    pub fn with(&self, key: u32, value: Rc<[WriteId]>) -> Self {
        let mut all = match &self.0 {
            Values::Several(values) => (**values).clone(),
            Values::One(other, old) if *other != key => [(*other, Rc::clone(old))].into(),
            Values::None | Values::One(..) if value.is_empty() => return Self(Values::None),
            Values::None | Values::One(..) => return Self(Values::One(key, value)),
        };
        if value.is_empty() {
            all.remove(&key);
        } else {
            all.insert(key, value);
        }
        match all.len() {
            1 => Self(all.pop_first().map_or(Values::None, |(key, value)| Values::One(key, value))),
            _ => Self(Values::Several(Rc::new(all))),
        }
    }

    /// The same with `write` at the end of the value of `key`.
    #[must_use]
    pub fn and(&self, key: u32, write: WriteId) -> Self {
        self.with(key, self.get(key).iter().copied().chain([write]).collect())
    }

    /// About how many bytes it owns on the heap.
    pub(super) fn heap_bytes(&self) -> u64 {
        let of = |value: &Rc<[WriteId]>| size_of_val(&**value) as u64;
        match &self.0 {
            Values::None => 0,
            Values::One(_, value) => of(value),
            // The values are shared with other states.
            Values::Several(values) => 32 * values.len() as u64,
        }
    }
}

/// The value alone where there is but one.
impl fmt::Debug for KvView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Values::None => f.write_str("[]"),
            Values::One(_, value) => value.fmt(f),
            Values::Several(values) => values.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_maps_are_equal_however_they_came_about() {
        let write = |index| WriteId { client: 0, index };
        let one = KvView::default().and(1, write(1));
        let both = one.and(2, write(2)).and(1, write(3));
        assert_eq!((both.get(1), both.get(2), both.get(3)), (&[write(1), write(3)][..], &[write(2)][..], &[][..]));
        assert_eq!(both.with(2, Rc::default()).with(1, Rc::from([write(1)])), one);
        assert_eq!(one.with(1, Rc::default()), KvView::default());
        assert_eq!(one.with(2, Rc::default()), one);
        assert_eq!(both.with(1, Rc::default()), KvView::default().and(2, write(2)));
    }
}
