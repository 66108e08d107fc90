//! The thirteen regions of the world that steering and quorum know.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

macro_rules! regions {
    ($($variant:ident, $code:literal, $name:literal;)*) => {
        /// A region that a data center lies in and that traffic is steered by.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum Region { $(#[serde(rename = $code)] $variant,)* }

        impl Region {
            /// All thirteen.
            pub const ALL: [Region; 13] = [$(Region::$variant,)*];

            /// The code, such as `WNAM`.
            pub const fn code(self) -> &'static str {
                match self { $(Region::$variant => $code,)* }
            }

            /// The name, such as "Western North America".
            pub const fn name(self) -> &'static str {
                match self { $(Region::$variant => $name,)* }
            }
        }
    };
}

regions! {
    WesternNorthAmerica, "WNAM", "Western North America";
    EasternNorthAmerica, "ENAM", "Eastern North America";
    WesternEurope, "WEU", "Western Europe";
    EasternEurope, "EEU", "Eastern Europe";
    NorthernSouthAmerica, "NSAM", "Northern South America";
    SouthernSouthAmerica, "SSAM", "Southern South America";
    Oceania, "OC", "Oceania";
    MiddleEast, "ME", "Middle East";
    NorthernAfrica, "NAF", "Northern Africa";
    SouthernAfrica, "SAF", "Southern Africa";
    SouthernAsia, "SAS", "Southern Asia";
    SoutheastAsia, "SEAS", "Southeast Asia";
    NortheastAsia, "NEAS", "Northeast Asia";
}

impl FromStr for Region {
    type Err = ();
    fn from_str(code: &str) -> Result<Self, ()> {
        Region::ALL.into_iter().find(|region| region.code() == code).ok_or(())
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// A value of a pool's `check_regions`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum CheckRegion {
    One(Region),
    China,
    All,
}

impl CheckRegion {
    /// The code, such as `WNAM`, `CHINA` or `ALL_REGIONS`.
    pub const fn code(self) -> &'static str {
        match self {
            CheckRegion::One(region) => region.code(),
            CheckRegion::China => "CHINA",
            CheckRegion::All => "ALL_REGIONS",
        }
    }
}

impl FromStr for CheckRegion {
    type Err = ();
    fn from_str(code: &str) -> Result<Self, ()> {
        match code {
            "CHINA" => Ok(CheckRegion::China),
            "ALL_REGIONS" => Ok(CheckRegion::All),
            code => code.parse().map(CheckRegion::One),
        }
    }
}

impl Serialize for CheckRegion {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for CheckRegion {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let code = String::deserialize(deserializer)?;
        code.parse().map_err(|()| serde::de::Error::custom("unknown region"))
    }
}
