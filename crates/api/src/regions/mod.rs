//! The steering regions, and which country belongs to which.

mod atlas;

use crate::{
    answer::{Answer, Failure, Outcome},
    server::{Call, Operation, Query, get},
};
use atlas::{ATLAS, CountryPart, RegionMap};
use model::Region;
use serde::Serialize;
use utoipa::ToSchema;

/// The regions that fit, with their countries.
#[derive(Serialize, ToSchema)]
#[schema(as = Regions)]
struct RegionsView {
    /// The standards that the codes come from.
    iso_standard: &'static str,
    regions: Vec<RegionView>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Region)]
struct RegionView {
    region_code: &'static str,
    region_name: &'static str,
    countries: Vec<CountryView>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Country)]
struct CountryView {
    country_code_a2: &'static str,
    country_name: &'static str,
    /// Only of the United States and Canada.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    country_subdivisions: Vec<SubdivisionView>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Subdivision)]
struct SubdivisionView {
    subdivision_code_a2: &'static str,
    subdivision_name: &'static str,
}

/// The operations on regions, below an account.
pub(crate) fn operations() -> Vec<Operation> {
    const LIST: &str = "/accounts/{account_id}/load_balancers/regions";
    vec![
        get(LIST, "regions_list", "Lists regions with their countries", regions_list)
            .reads(&["country_code_a2", "subdivision_code_a2", "subdivision_code"])
            .gives::<RegionsView>(),
        get(&format!("{LIST}/{{region_id}}"), "regions_get", "Reads a region with its countries", regions_get)
            .gives::<RegionsView>(),
    ]
}

async fn regions_list(call: Call) -> Outcome {
    call.account(&call.intent())?;
    let wanted = Wanted::from_query(&call.query);
    let regions = ATLAS.iter().filter(|(_, map)| wanted.fits(map)).map(|(region, map)| view(*region, map)).collect();
    Answer::new(&RegionsView { iso_standard: ISO, regions })
}

async fn regions_get(call: Call) -> Outcome {
    call.account(&call.intent())?;
    let code = call.part("region_id").unwrap_or_default();
    let found = ATLAS.iter().find(|(region, _)| region.code().eq_ignore_ascii_case(code));
    let (region, map) = found.ok_or_else(|| Failure::NoObject { noun: "region", id: code.to_owned() })?;
    Answer::new(&RegionsView { iso_standard: ISO, regions: vec![view(*region, map)] })
}

const ISO: &str = "Country code: ISO 3166-1 alpha-2. Subdivision code: ISO 3166-2";

/// Which regions are asked for: those that hold a country, or a subdivision of one.
#[derive(Default)]
struct Wanted {
    country: Option<String>,
    subdivision: Option<String>,
}

impl Wanted {
    /// Each filter has more than one spelling. A subdivision may carry its country, `US-CA`.
    fn from_query(query: &Query) -> Self {
        let country = query.text("country_code_a2").or(query.text("country_code")).map(str::to_ascii_uppercase);
        let subdivision = query.text("subdivision_code").or(query.text("subdivision_code_a2"));
        let subdivision = subdivision.map(str::to_ascii_uppercase);
        match subdivision.as_deref().and_then(|code| code.split_once('-')) {
            Some((of, code)) => Self { country: country.or(Some(of.to_owned())), subdivision: Some(code.to_owned()) },
            None => Self { country, subdivision },
        }
    }

    fn fits(&self, map: &RegionMap) -> bool {
        let all = self.country.is_none() && self.subdivision.is_none();
        all || map.countries.iter().any(|(code, part)| self.fits_country(code, part))
    }

    fn fits_country(&self, code: &str, part: &CountryPart) -> bool {
        let country = self.country.as_deref().is_none_or(|country| country == code);
        let subdivision = self.subdivision.as_deref().is_none_or(|code| part.subdivisions.contains_key(code));
        country && subdivision
    }
}

fn view(region: Region, map: &RegionMap) -> RegionView {
    let countries = map.countries.iter().map(|(code, part)| country(code, part));
    RegionView { region_code: region.code(), region_name: region.name(), countries: countries.collect() }
}

fn country(code: &'static str, part: &CountryPart) -> CountryView {
    let subdivision = |(code, name): (&&'static str, &&'static str)| SubdivisionView {
        subdivision_code_a2: code,
        subdivision_name: name,
    };
    CountryView {
        country_code_a2: code,
        country_name: part.name,
        country_subdivisions: part.subdivisions.iter().map(subdivision).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn regions(query: &str) -> Vec<&'static str> {
        let wanted = Wanted::from_query(&Query::parse(Some(query)));
        ATLAS.iter().filter(|(_, map)| wanted.fits(map)).map(|(region, _)| region.code()).collect()
    }

    /// LB-43
    #[test]
    fn a_country_or_a_part_of_it_finds_its_regions() {
        for (query, expected) in [
            ("country_code_a2=US", &["WNAM", "ENAM"][..]),
            ("country_code=us", &["WNAM", "ENAM"]),
            ("country_code_a2=FR", &["WEU"]),
            ("country_code_a2=US&subdivision_code=CA", &["WNAM"]),
            ("subdivision_code_a2=US-NY", &["ENAM"]),
            ("subdivision_code=QC", &["ENAM"]),
            ("country_code_a2=FR&subdivision_code=CA", &[]),
            ("country_code_a2=ZZ", &[]),
        ] {
            assert_eq!(regions(query), expected, "{query}");
        }
        assert_eq!(regions("").len(), 13);
    }
}
