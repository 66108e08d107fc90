//! The table of operations: everything that the API can do, once. The router and the OpenAPI document are made from it.

use crate::{
    accounts, certificates, events, load_balancers, monitor_groups, monitors, pools, previews, regions, search,
    server::Operation, stories, trust_store, zones,
};

/// Every operation.
pub(crate) fn operations() -> Vec<Operation> {
    let of_accounts = [
        monitors::operations(),
        monitor_groups::operations(),
        pools::operations(),
        previews::operations(),
        regions::operations(),
        search::operations(),
    ];
    let of_accounts: Vec<Operation> = of_accounts.into_iter().flatten().collect();
    let twins: Vec<Operation> = of_accounts.iter().filter_map(user_twin).collect();
    let others = [
        accounts::operations(),
        zones::operations(),
        certificates::operations(),
        trust_store::operations(),
        load_balancers::operations(),
        events::operations(),
        stories::operations(),
    ];
    of_accounts.into_iter().chain(twins).chain(others.into_iter().flatten()).collect()
}

/// Older clients know monitors, pools and previews below `/user`, where they belong to the default account.
fn user_twin(operation: &Operation) -> Option<Operation> {
    let rest = operation.path.strip_prefix("/accounts/{account_id}/load_balancers/")?;
    let kind = rest.split('/').next().unwrap_or_default();
    let twin = || operation.also_at(format!("/user/load_balancers/{rest}"), format!("user_{}", operation.name));
    ["monitors", "pools", "preview"].contains(&kind).then(twin)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_operation_has_a_place_and_a_name_of_its_own() {
        let table = operations();
        let places: BTreeSet<_> = table.iter().map(|operation| (operation.verb.as_str(), &operation.path)).collect();
        let names: BTreeSet<_> = table.iter().map(|operation| &operation.name).collect();
        assert_eq!((places.len(), names.len()), (table.len(), table.len()));
    }
}
