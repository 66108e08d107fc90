//! The zones of a table.

use crate::route::ZoneFacts;
use std::{collections::HashMap, sync::Arc};

/// The facts of every zone, in the order of their ids.
#[derive(Debug, Default)]
pub(crate) struct Zones {
    facts: Vec<Arc<ZoneFacts>>,
    by_name: HashMap<Arc<str>, usize>,
}

impl Zones {
    /// All zones, in the order of their ids.
    pub fn new(facts: Vec<Arc<ZoneFacts>>) -> Self {
        let by_name = facts.iter().enumerate().map(|(index, zone)| (zone.name.clone(), index)).collect();
        Self { facts, by_name }
    }

    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Arc<ZoneFacts>> {
        self.facts.iter()
    }

    /// The zone of exactly this name.
    pub fn named(&self, name: &str) -> Option<&Arc<ZoneFacts>> {
        self.by_name.get(name).and_then(|&index| self.facts.get(index))
    }
}
