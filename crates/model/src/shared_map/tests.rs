use super::*;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

type Map = SharedMap<u16, Arc<u32>>;

fn numbers(keys: impl IntoIterator<Item = u16>) -> Map {
    keys.into_iter().map(|key| (key, Arc::new(u32::from(key)))).collect()
}

fn check_shape(map: &Map) {
    assert!(map.chunks.iter().all(|chunk| !chunk.is_empty() && chunk.len() <= CHUNK));
    assert!(map.keys().is_sorted_by(|one, next| one < next));
    assert_eq!(map.len(), map.iter().count());
}

/// The keys within spans.
fn within(map: &Map, spans: &[Span<u16>]) -> BTreeSet<u16> {
    spans.iter().flat_map(|span| map.range(*span)).map(|(key, _)| *key).collect()
}

#[test]
fn entries_that_come_in_order_fill_their_chunks() {
    let map = numbers(0..1_000);
    assert_eq!(map.chunks.len(), 1_000_usize.div_ceil(CHUNK));
    check_shape(&map);
}

#[test]
fn a_copy_keeps_its_state_and_shares_the_rest() {
    let before = numbers(0..1_000);
    let mut after = before.clone();
    assert!(after.is_same(&before));
    after.insert(500, Arc::new(7));
    assert_eq!((*before[&500], *after[&500]), (500, 7));
    let shared = before.chunks.iter().zip(after.chunks.iter()).filter(|(one, other)| Arc::ptr_eq(one, other));
    assert_eq!(shared.count(), before.chunks.len() - 1);
    assert!(!after.is_same(&before));
}

#[test]
fn a_mark_neither_keeps_entries_nor_gets_in_the_way_of_a_change() {
    let mut map = numbers(0..100);
    let mark = map.mark();
    *Arc::get_mut(map.get_mut(&70).unwrap()).expect("held by nobody else") = 1;
    let value = Arc::downgrade(&map[&70]);
    assert!(within(&map, &map.changes_since(&mark)).contains(&70), "changed in place, and yet noticed");
    map.remove(&70);
    assert!(value.upgrade().is_none());
}

#[test]
fn what_is_gone_leaves_a_span_behind() {
    let map = numbers(0..1_000);
    let mut less = map.clone();
    (100..300).for_each(|key| drop(less.remove(&key)));
    let spans = less.changes_since(&map.mark());
    assert!(within(&map, &spans).is_superset(&(100..300).collect()));
    assert_eq!(numbers([]).changes_since(&map.mark()), [(Bound::Unbounded, Bound::Unbounded)]);
    assert!(map.changes_since(&map.mark()).is_empty());
    assert_eq!(map.changes_since(&Mark::default()), [(Bound::Unbounded, Bound::Unbounded)]);
}

#[test]
fn bounds_choose_what_they_say() {
    let map = numbers((0..400).map(|key| key * 2));
    let keys = |bounds: Span<u16>| map.range(bounds).map(|(key, _)| *key).collect::<Vec<_>>();
    assert_eq!(keys((Bound::Included(10), Bound::Excluded(16))), [10, 12, 14]);
    assert_eq!(keys((Bound::Excluded(10), Bound::Included(16))), [12, 14, 16]);
    assert_eq!(keys((Bound::Included(127), Bound::Included(130))), [128, 130], "over the border of two chunks");
    assert_eq!(keys((Bound::Excluded(795), Bound::Unbounded)), [796, 798]);
    assert_eq!(keys((Bound::Unbounded, Bound::Excluded(3))), [0, 2]);
    assert!(keys((Bound::Included(900), Bound::Unbounded)).is_empty());
}

#[derive(Clone, Debug)]
enum Step {
    Put(u16, u32),
    Change(u16, u32),
    Remove(u16),
    RemoveMany(u16, u16),
    Mark,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let key = || 0_u16..600;
    let step = prop_oneof![
        6 => (key(), any::<u32>()).prop_map(|(key, value)| Step::Put(key, value)),
        2 => (key(), any::<u32>()).prop_map(|(key, value)| Step::Change(key, value)),
        3 => key().prop_map(Step::Remove),
        1 => (key(), 0_u16..150).prop_map(|(key, many)| Step::RemoveMany(key, many)),
        1 => Just(Step::Mark),
    ];
    prop::collection::vec(step, 1..200)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    /// It is the sorted map that it replaces, its earlier copies stay as they were, and between a mark and now nothing
    /// differs outside of the spans.
    #[test]
    fn it_behaves_like_any_sorted_map(steps in steps(), many: bool) {
        let mut map = numbers(if many { 0..500 } else { 0..0 });
        let mut model: BTreeMap<u16, u32> = map.iter().map(|(key, value)| (*key, **value)).collect();
        let (mut mark, mut marked, mut copy) = (map.mark(), model.clone(), map.clone());
        for step in steps {
            match step {
                Step::Put(key, value) => {
                    let before = map.insert(key, Arc::new(value)).map(|value| *value);
                    prop_assert_eq!(before, model.insert(key, value));
                }
                Step::Change(key, value) => {
                    let known = map.get_mut(&key).map(|known| *Arc::make_mut(known) = value);
                    prop_assert_eq!(known, model.get_mut(&key).map(|known| *known = value));
                }
                Step::Remove(key) => prop_assert_eq!(map.remove(&key).map(|value| *value), model.remove(&key)),
                Step::RemoveMany(from, many) => {
                    map.retain(|key, _| !(from..from + many).contains(key));
                    model.retain(|key, _| !(from..from + many).contains(key));
                }
                Step::Mark => (mark, marked, copy) = (map.mark(), model.clone(), map.clone()),
            }
            check_shape(&map);
        }
        prop_assert!(map.iter().map(|(key, value)| (*key, **value)).eq(model.iter().map(|(key, value)| (*key, *value))));
        prop_assert!(copy.iter().map(|(key, value)| (*key, **value)).eq(marked.iter().map(|(key, value)| (*key, *value))));
        let spans = map.changes_since(&mark);
        let outside = |key: &u16| !spans.iter().any(|span| span.contains(key));
        for key in (0..800).filter(outside) {
            prop_assert_eq!(marked.get(&key), model.get(&key));
        }
        let ascend = |one: &Span<u16>, next: &Span<u16>| match (&one.1, &next.0) {
            (Bound::Excluded(end), Bound::Excluded(start)) => end <= start,
            _ => false,
        };
        prop_assert!(spans.is_sorted_by(ascend));
    }
}
