//! The bulk edit of pools. Only one thing can be edited in bulk: the deprecated notification e-mail can be reset.

use super::view::view;
use crate::{
    answer::{Answer, Failure, Outcome, Paging, Window},
    json::{Given, Object as Body, Place, Report, Write},
    resource::at_home,
    server::Call,
};
use control::{Edit, Rejection};
use model::{Complaints, Pool, PoolId};
use serde_json::Value;
use std::{cell::RefCell, sync::Arc};

/// How many pools are edited when the query does not say.
const WINDOW: usize = 25;

/// PATCH on all pools: takes the window of pools by ascending name and resets their `notification_email`.
pub(super) async fn pools_amend_all(call: Call) -> Outcome {
    read(&call.json()?)?;
    let window = Window::from_query(&call.query, Paging::Pages(WINDOW))?;
    let intent = call.intent();
    let mut pools = at_home::<Pool>(&call, &intent)?;
    pools.sort_by(|a, b| a.name.cmp(&b.name));
    let ids: Vec<PoolId> = window.cut(pools.clone()).0.iter().map(|pool| pool.id).collect();
    let applied = call.control().change(move |intent, _| {
        let affected = ids.iter().filter_map(|id| intent.pools.get(id));
        let edits = affected.filter(|pool| !pool.notification_email.is_empty()).map(reset).collect();
        Ok::<_, Rejection>((edits, ()))
    });
    let intent = applied.await?.intent;
    let after = pools.into_iter().filter_map(|pool| intent.pools.get(&pool.id).cloned()).collect();
    Answer::list(after, window, |pool| view(&pool))
}

fn reset(pool: &Arc<Pool>) -> Edit {
    Edit::put(Pool { notification_email: String::new(), ..(**pool).clone() })
}

/// The body may say one thing only, since whatever else it said would be lost on every pool.
fn read(body: &Value) -> Result<(), Failure> {
    const REMEDY: &str = "write `{\"notification_email\": \"\"}`; edit everything else pool by pool";
    let report = RefCell::<Report>::default();
    Place::body(body, &report).object_for(Write::Amend, |body: &Body<'_>| {
        match body.given::<String>("notification_email") {
            Given::Value(email) if email.is_empty() => {}
            Given::Wrong => {}
            Given::Value(_) => body.complain("notification_email", "an address cannot be set in bulk", REMEDY),
            Given::Absent | Given::Null => body.complain("notification_email", "is missing", REMEDY),
        }
        for name in body.unknown() {
            body.complain(name, "cannot be edited in bulk", REMEDY);
        }
    });
    report.into_inner().complaints.or(()).map_err(|complaints: Complaints| Failure::Invalid(complaints))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// LB-35
    #[test]
    fn only_the_reset_of_the_email_is_taken() {
        assert!(read(&json!({"notification_email": ""})).is_ok());
        for wrong in [
            json!({}),
            json!({"notification_email": "a@example.com"}),
            json!({"notification_email": null}),
            json!({"notification_email": "", "enabled": false}),
            json!([]),
        ] {
            assert!(matches!(read(&wrong), Err(Failure::Invalid(_))), "{wrong}");
        }
    }
}
