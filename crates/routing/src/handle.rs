//! The one place where the data path meets the rest: a pointer to the table in force.

use crate::Table;
use arc_swap::{ArcSwap, Cache};
use std::sync::Arc;

/// Publishes tables and hands out readers. Clones share the same pointer.
#[derive(Clone, Debug, Default)]
pub struct TableHandle {
    current: Arc<ArcSwap<Table>>,
}

/// What became of a table that was to be published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Publication {
    Published,
    /// A table of the same or a later generation is in force already; it stays.
    Stale,
}

impl TableHandle {
    /// A handle with a first table in force.
    pub fn new(table: Table) -> Self {
        Self { current: Arc::new(ArcSwap::from_pointee(table)) }
    }

    /// The table in force. For the data path use [`TableHandle::reader`], which costs less.
    pub fn load(&self) -> Arc<Table> {
        self.current.load_full()
    }

    /// Puts a table in force, unless one of the same or a later generation is. Requests that are under way keep theirs.
    pub fn publish(&self, table: Table) -> Publication {
        let table = Arc::new(table);
        let mut current = self.current.load();
        while current.generation < table.generation {
            let before = self.current.compare_and_swap(&*current, table.clone());
            if Arc::ptr_eq(&before, &current) {
                return Publication::Published;
            }
            current = before;
        }
        Publication::Stale
    }

    /// A reader for one worker: as long as the table stays the same, a look costs one atomic load.
    pub fn reader(&self) -> Reader {
        Reader { cache: Cache::new(self.current.clone()) }
    }
}

/// One worker's view of the table in force.
#[derive(Clone, Debug)]
pub struct Reader {
    cache: Cache<Arc<ArcSwap<Table>>, Arc<Table>>,
}

impl Reader {
    /// The table in force. Clone the pointer to pin it for a request.
    pub fn table(&mut self) -> &Arc<Table> {
        self.cache.load()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(generation: u64) -> Table {
        Table { generation, ..Table::default() }
    }

    #[test]
    fn readers_see_each_published_table_and_pins_keep_theirs() {
        let handle = TableHandle::default();
        let mut reader = handle.reader();
        let pinned = reader.table().clone();
        assert_eq!(handle.publish(table(1)), Publication::Published);
        assert_eq!((pinned.generation, reader.table().generation, handle.load().generation), (0, 1, 1));
    }

    #[test]
    fn a_late_table_does_not_displace_a_newer_one() {
        let handle = TableHandle::new(table(5));
        assert_eq!(handle.publish(table(4)), Publication::Stale);
        assert_eq!(handle.publish(table(5)), Publication::Stale);
        assert_eq!(handle.clone().publish(table(6)), Publication::Published);
        assert_eq!(handle.load().generation, 6);
    }

    #[test]
    fn publishing_from_many_threads_ends_with_the_latest() {
        let handle = TableHandle::default();
        std::thread::scope(|scope| {
            for lane in 0..4 {
                let handle = handle.clone();
                scope.spawn(move || {
                    for step in 0..500 {
                        handle.publish(table(step * 4 + lane));
                    }
                });
            }
        });
        assert_eq!(handle.load().generation, 1999);
    }
}
