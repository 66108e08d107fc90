//! The operations on the settings of a zone.

use super::setting::Setting;
use crate::{
    answer::{Answer, Failure, Note, Outcome, stamp},
    json::{Given, Object as Body, Write},
    resource::read_over,
    server::{Call, Operation, get, patch},
};
use control::{Edit, Rejection};
use model::Zone;
use serde::Serialize;
use serde_json::Value;
use std::time::Duration;
use utoipa::ToSchema;

/// A setting of a zone.
#[derive(Serialize, ToSchema)]
#[schema(as = ZoneSetting)]
struct SettingView {
    #[schema(read_only)]
    id: &'static str,
    value: Value,
    #[schema(read_only)]
    editable: bool,
    /// Null while it has its default.
    #[schema(read_only)]
    modified_on: Option<String>,
}

/// The operations on settings.
pub(super) fn operations() -> Vec<Operation> {
    const LIST: &str = "/zones/{zone_id}/settings";
    const ONE: &str = "/zones/{zone_id}/settings/{setting_id}";
    vec![
        get(LIST, "zone_settings_list", "Lists the settings of a zone", settings_list).gives_list::<SettingView>(),
        get(ONE, "zone_settings_get", "Reads a setting of a zone", settings_get).gives::<SettingView>(),
        patch(ONE, "zone_settings_amend", "Changes a setting of a zone", settings_amend)
            .takes::<SettingView>()
            .gives::<SettingView>(),
    ]
}

async fn settings_list(call: Call) -> Outcome {
    let zone = call.zone(&call.intent())?;
    let read_timeout = call.state.settings.origin_read_timeout;
    let views: Vec<SettingView> = Setting::ALL.into_iter().map(|setting| view(setting, &zone, read_timeout)).collect();
    Answer::new(&views)
}

async fn settings_get(call: Call) -> Outcome {
    let zone = call.zone(&call.intent())?;
    Answer::new(&view(of_path(&call)?, &zone, call.state.settings.origin_read_timeout))
}

/// PATCH: `{"value": ...}`; null puts the setting back to its default.
async fn settings_amend(call: Call) -> Outcome {
    let id = call.zone(&call.intent())?.id;
    let setting = of_path(&call)?;
    let (body, control) = (call.json()?, call.control().clone());
    let applied = call.control().change(move |intent, _| {
        let mut zone = (**intent.zones.get(&id).ok_or(Rejection::NotFound)?).clone();
        let read = |zone: &mut Zone, body: &Body<'_>| read(setting, zone, body);
        let ignored = read_over(&mut zone, &body, Write::Replace, read, |zone| control.check(zone.clone(), intent))?;
        Ok((vec![Edit::put(zone)], ignored))
    });
    let applied = applied.await?;
    let zone = applied.intent.zones.get(&id).ok_or(Failure::Internal)?;
    let answer = Answer::new(&view(setting, zone, call.state.settings.origin_read_timeout))?;
    Ok(answer.with_notes(applied.value.iter().map(|path| Note::ignored(path))))
}

fn read(setting: Setting, zone: &mut Zone, body: &Body<'_>) {
    body.read_only(&["id", "editable", "modified_on"]);
    let settings = &mut zone.settings;
    match body.given_with("value", |place| setting.read(place, settings)) {
        Given::Null => setting.reset(&mut zone.settings),
        Given::Absent => body.complain("value", "is missing", "write `{\"value\": ...}`"),
        Given::Value(()) | Given::Wrong => {}
    }
}

fn of_path(call: &Call) -> Result<Setting, Failure> {
    let name = call.part("setting_id").unwrap_or_default();
    Setting::named(name).ok_or_else(|| Failure::NoObject { noun: "zone setting", id: name.to_owned() })
}

fn view(setting: Setting, zone: &Zone, read_timeout: Duration) -> SettingView {
    SettingView {
        id: setting.name(),
        value: setting.value(&zone.settings, read_timeout),
        editable: true,
        modified_on: zone.settings.modified.get(setting.name()).copied().map(stamp),
    }
}
