//! The map of the world: which region every country, and every part of the two divided countries, is steered with.
//!
//! Read once from `data/regions.txt`, which is part of the program; a test holds the file to its format.

use model::Region;
use std::{collections::BTreeMap, sync::LazyLock};

/// The countries of one region.
#[derive(Debug, Default)]
pub(super) struct RegionMap {
    /// Country code to what of the country lies in the region.
    pub countries: BTreeMap<&'static str, CountryPart>,
}

/// A country, or the part of it that lies in one region.
#[derive(Debug, PartialEq)]
pub(super) struct CountryPart {
    pub name: &'static str,
    /// Subdivision code (`CA`) to name. Empty for a country that is not divided.
    pub subdivisions: BTreeMap<&'static str, &'static str>,
}

/// The regions in their own order, each with its countries.
pub(super) static ATLAS: LazyLock<Vec<(Region, RegionMap)>> =
    LazyLock::new(|| parse(include_str!("../../data/regions.txt")));

/// The two countries whose parts lie in different regions.
const DIVIDED: [(&str, &str); 2] = [("US", "United States"), ("CA", "Canada")];

fn parse(text: &'static str) -> Vec<(Region, RegionMap)> {
    let mut atlas: Vec<(Region, RegionMap)> = Vec::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        if let Some(code) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            atlas.extend(code.parse::<Region>().ok().map(|region| (region, RegionMap::default())));
        } else if let (Some((code, name)), Some((_, map))) = (line.split_once(' '), atlas.last_mut()) {
            add(map, code, name);
        }
    }
    atlas
}

fn add(map: &mut RegionMap, code: &'static str, name: &'static str) {
    match code.split_once('-') {
        None => {
            map.countries.insert(code, CountryPart { name, subdivisions: BTreeMap::new() });
        }
        Some((country, subdivision)) => {
            let country_name = DIVIDED.iter().find(|(code, _)| *code == country).map_or("", |(_, name)| name);
            let part = CountryPart { name: country_name, subdivisions: BTreeMap::new() };
            map.countries.entry(country).or_insert(part).subdivisions.insert(subdivision, name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_region_is_there_and_no_country_is_in_two() {
        let regions: Vec<Region> = ATLAS.iter().map(|(region, _)| *region).collect();
        assert_eq!(regions, Region::ALL);
        let mut seen = BTreeSet::new();
        for (region, map) in ATLAS.iter() {
            assert!(!map.countries.is_empty(), "{region} has no country");
            for (code, part) in &map.countries {
                assert!(code.len() == 2 && code.bytes().all(|b| b.is_ascii_uppercase()), "{code}");
                assert!(!part.name.is_empty(), "{code} has no name");
                let divided = DIVIDED.iter().any(|(divided, _)| divided == code);
                assert_eq!(divided, !part.subdivisions.is_empty(), "{code}");
                assert!(divided || seen.insert(*code), "{code} is in two regions");
            }
        }
        assert_eq!(seen.len() + DIVIDED.len(), 249, "ISO 3166-1 has 249 countries");
    }

    #[test]
    fn no_part_of_a_divided_country_is_in_two_regions() {
        for (country, parts) in [("US", 51), ("CA", 13)] {
            let codes = ATLAS.iter().filter_map(|(_, map)| map.countries.get(country));
            let codes: Vec<_> = codes.flat_map(|part| part.subdivisions.keys()).collect();
            let distinct: BTreeSet<_> = codes.iter().collect();
            assert_eq!((codes.len(), distinct.len()), (parts, parts), "{country}");
        }
    }
}
