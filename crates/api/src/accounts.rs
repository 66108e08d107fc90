//! Accounts, and who the caller is.

use crate::{
    answer::{Answer, Failure, Outcome, Paging, Window, stamp},
    server::{Call, Caller, Operation, get},
};
use model::Account;
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// An owner of zones, pools and monitors.
#[derive(Serialize, ToSchema)]
#[schema(as = Account)]
struct AccountView {
    id: String,
    name: String,
    #[serde(rename = "type")]
    kind: &'static str,
    created_on: String,
    settings: AccountSettingsView,
}

#[derive(Serialize, ToSchema)]
#[schema(as = AccountSettings)]
struct AccountSettingsView {
    enforce_twofactor: bool,
}

/// The token that the call was made with.
#[derive(Serialize, ToSchema)]
#[schema(as = TokenStatus)]
struct TokenView {
    id: String,
    status: &'static str,
}

/// The one user that there is: whoever holds the token.
#[derive(Serialize, ToSchema)]
#[schema(as = User)]
struct UserView {
    id: String,
    email: &'static str,
    first_name: Option<&'static str>,
    last_name: Option<&'static str>,
    two_factor_authentication_enabled: bool,
    suspended: bool,
}

/// The operations on accounts, and the questions about the caller.
pub(crate) fn operations() -> Vec<Operation> {
    vec![
        get("/accounts", "accounts_list", "Lists accounts", accounts_list)
            .reads(&["name", "direction", "page", "per_page"])
            .gives_list::<AccountView>(),
        get("/accounts/{account_id}", "accounts_get", "Reads an account", accounts_get).gives::<AccountView>(),
        get("/user/tokens/verify", "tokens_verify", "Says whether the token is in force", tokens_verify)
            .gives::<TokenView>(),
        get("/user", "user_get", "Reads the user", user_get).gives::<UserView>(),
    ]
}

/// Accounts on a page of the list.
const PER_PAGE: usize = 20;

async fn accounts_list(call: Call) -> Outcome {
    let intent = call.intent();
    let window = Window::from_query(&call.query, Paging::Pages(PER_PAGE))?;
    let mut accounts: Vec<Arc<Account>> = intent.accounts.values().cloned().collect();
    if let Some(name) = call.query.text("name") {
        accounts.retain(|account| account.name == name);
    }
    accounts.sort_by(|a, b| (&a.name, a.id).cmp(&(&b.name, b.id)));
    if call.query.text("direction") == Some("desc") {
        accounts.reverse();
    }
    Answer::list(accounts, window, |account| view(&account))
}

async fn accounts_get(call: Call) -> Outcome {
    let intent = call.intent();
    let id = call.account(&intent)?;
    let account = intent.accounts.get(&id).ok_or(Failure::Internal)?;
    Answer::new(&view(account))
}

fn view(account: &Account) -> AccountView {
    AccountView {
        id: account.id.to_string(),
        name: account.name.clone(),
        kind: "standard",
        created_on: stamp(account.created_on),
        settings: AccountSettingsView { enforce_twofactor: false },
    }
}

async fn tokens_verify(call: Call) -> Outcome {
    Answer::new(&TokenView { id: caller_id(&call), status: "active" })
}

async fn user_get(call: Call) -> Outcome {
    Answer::new(&UserView {
        id: caller_id(&call),
        email: "owner@bellwether.invalid",
        first_name: None,
        last_name: None,
        two_factor_authentication_enabled: false,
        suspended: false,
    })
}

/// The id of the token; zeros for a caller who needed none.
fn caller_id(call: &Call) -> String {
    match &call.caller {
        Caller::Token(facts) => facts.id.clone(),
        Caller::Local => "0".repeat(32),
    }
}
