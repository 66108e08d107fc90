//! Beginning to write, with a word on how long it must last.

use super::error::store;
use crate::StoreError;
use rusqlite::{Connection, Transaction, TransactionBehavior};

/// What a commit promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Durability {
    /// It is on disk when it returns: the log is flushed with every commit.
    OnDisk,
    /// It survives the process; the machine may lose it, though never only a part, and nothing before it.
    Soon,
}

/// Begins a transaction that may write. It is rolled back unless committed.
///
/// Every transaction says for itself what it needs, so that none can inherit too little from the one before.
pub(super) fn begin(connection: &mut Connection, durability: Durability) -> Result<Transaction<'_>, StoreError> {
    let level = match durability {
        Durability::OnDisk => "FULL",
        Durability::Soon => "NORMAL",
    };
    connection.pragma_update(None, "synchronous", level).map_err(store)?;
    connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(store)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The levels of `PRAGMA synchronous`.
    const NORMAL: u8 = 1;
    const FULL: u8 = 2;

    #[test]
    fn what_one_transaction_promises_does_not_weaken_the_next() {
        let mut connection = Connection::open_in_memory().unwrap();
        let level = |transaction: &Transaction<'_>| -> u8 {
            transaction.pragma_query_value(None, "synchronous", |row| row.get(0)).unwrap()
        };
        assert_eq!(level(&begin(&mut connection, Durability::OnDisk).unwrap()), FULL);
        assert_eq!(level(&begin(&mut connection, Durability::Soon).unwrap()), NORMAL);
        assert_eq!(level(&begin(&mut connection, Durability::OnDisk).unwrap()), FULL);
    }
}
