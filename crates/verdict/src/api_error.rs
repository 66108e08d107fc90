//! What the management API answers when it cannot do what was asked.
//!
//! Numbers that automation already knows are kept (1002, 1003, 1005, 1006, 6003, 7000, 7003, 9109, 10000, 1015). Where
//! none is known, the number is 10000 plus the HTTP status. No permanent refusal uses 409 or 429, because clients send
//! those again on their own.

use crate::{Party, family::family, text};

macro_rules! api_errors {
    ($($variant:ident $id:literal {
        status $status:literal, code $code:literal, by $party:ident,
        $(label $label:literal,)?
        title $title:literal,
        message $message:literal,
        cause $cause:literal,
        remedy $remedy:literal $(,)?
    })*) => {
        family! {
            /// A refusal of the management API.
            ApiError told by ApiErrorEntry (error):
            $($variant $id => {
                status: $status,
                code: $code,
                party: Party::$party,
                label: api_errors!(@label $($label)?),
                title: $title,
                message: $message,
                cause: $cause,
                remedy: $remedy,
            })*
        }
    };
    (@label) => { None };
    (@label $label:literal) => { Some($label) };
}

/// All that is fixed about a refusal of the management API.
#[derive(Debug)]
pub struct ApiErrorEntry {
    pub error: ApiError,
    /// Stable identifier, such as `api_quota_exceeded`.
    pub id: &'static str,
    /// The HTTP status of the answer.
    pub status: u16,
    /// `errors[].code`. Several refusals may share one number, as 1002 does.
    pub code: u32,
    pub party: Party,
    /// The constant that clients look for inside the message, where there is one.
    pub label: Option<&'static str>,
    pub title: &'static str,
    /// `errors[].message`, with placeholders like `<allowed>`.
    pub message: &'static str,
    pub cause: &'static str,
    pub remedy: &'static str,
}

impl ApiError {
    /// The HTTP status of the answer.
    pub const fn status(self) -> u16 {
        self.entry().status
    }

    /// `errors[].code`.
    pub const fn code(self) -> u32 {
        self.entry().code
    }

    /// `errors[].message` with every `<name>` replaced by its value; one that is given no value stays visible.
    ///
    /// ```
    /// use verdict::ApiError;
    /// let said = ApiError::QuotaExceeded.message(&[("allowed", "5"), ("kind", "monitors")]);
    /// assert!(said.contains("5 monitors"));
    /// ```
    pub fn message(self, values: &[(&str, &str)]) -> String {
        text::fill(self.entry().message, values)
    }
}

api_errors! {
    ValidationFailed "api_validation_failed" {
        status 400, code 1002, by Configuration,
        title "The body was checked and refused",
        message "<complaint>: validation failed",
        cause "The body is readable, but one or more of its members break a rule. Every complaint is listed, each \
            with the path of its member.",
        remedy "Correct the members that the messages and their `source.pointer` name, and send the whole body \
            again. Nothing was changed.",
    }
    NotUnique "api_not_unique" {
        status 400, code 1003, by Configuration,
        title "The name is taken",
        message "<path>: <value> is already in use by <other>; choose another: not unique",
        cause "Another object of the same kind in this account or zone already has this value.",
        remedy "Choose another name, or update the existing object instead of creating a second.",
    }
    StillReferenced "api_still_referenced" {
        status 412, code 1005, by Configuration,
        title "Still in use",
        message "<kind> <name> is still used by <referrers>; change or delete those first",
        cause "Other objects refer to this one, and deleting it would leave them pointing at nothing.",
        remedy "List the referrers with `GET .../references`, take the object out of each, and delete it then.",
    }
    QuotaExceeded "api_quota_exceeded" {
        status 403, code 1006, by Configuration,
        title "Quota exceeded",
        message "Quota exceeded. <allowed> <kind> are allowed here; delete one that is not in use, or raise the \
            quota.",
        cause "As many objects of this kind exist as the quota allows, so that one more was not created.",
        remedy "Delete objects that nothing refers to (`/usage` counts them), or raise the quota in the \
            configuration.",
    }
    LoadBalancingNotEnabled "api_load_balancing_not_enabled" {
        status 403, code 10403, by Configuration,
        title "Load balancing is not enabled",
        message "Load balancing is not enabled for <scope>; enable it, then try again.",
        cause "The account or zone exists, but load balancing is switched off for it.",
        remedy "Enable load balancing for the account or zone that the message names.",
    }
    HealthUnavailable "api_health_unavailable" {
        status 404, code 10404, by Configuration,
        title "No health is known",
        message "Health info unavailable: <pool> has no monitor, so nothing probes it.",
        cause "Health was asked of a pool that has no monitor; its endpoints are used without being probed.",
        remedy "Attach a monitor to the pool, and ask again after one interval.",
    }
    NotFound "api_not_found" {
        status 404, code 7003, by Visitor,
        title "No such object",
        message "There is no <kind> with the id <id>; list the <kind>s to see which exist.",
        cause "The path is right, but nothing has this id: it was deleted, or the id belongs to another account, \
            zone or kind.",
        remedy "List the objects of this kind and take the id from there.",
    }
    NoRoute "api_no_route" {
        status 404, code 7000, by Visitor,
        title "No such path",
        message "No route for <path>; /client/v4/openapi.json lists every path.",
        cause "The API has no operation under this path.",
        remedy "Compare the path with `/client/v4/openapi.json`; a missing account or zone id is the usual slip.",
    }
    MethodNotAllowed "api_method_not_allowed" {
        status 405, code 7001, by Visitor,
        title "Method not available",
        message "Method <method> is not available for <path>; use <allowed>.",
        cause "The path exists, but not with this method.",
        remedy "Use a method from the `Allow` header of the answer.",
    }
    BadHeaders "api_bad_headers" {
        status 400, code 6003, by Visitor,
        title "Request headers not usable",
        message "Invalid request headers: <problem>",
        cause "A header the API needs is malformed: most often `Authorization`, which is not `Bearer` and a token.",
        remedy "Send `Authorization: Bearer TOKEN` on one line, without quotes or line breaks inside the token.",
    }
    MalformedBody "api_malformed_body" {
        status 400, code 6007, by Visitor,
        title "The body is not readable",
        message "Malformed JSON in the request body: <problem>",
        cause "The body is not JSON, or nested deeper than is accepted, so that none of it was looked at.",
        remedy "Correct the JSON at the line and column that the message names; send `Content-Type: \
            application/json`.",
    }
    BodyTooLarge "api_body_too_large" {
        status 413, code 10413, by Visitor,
        title "The body is too large",
        message "The body is larger than <limit> bytes; send fewer items in one call.",
        cause "The body is over the limit that the API accepts.",
        remedy "Split the call, or raise the API's body limit in the configuration.",
    }
    TokenMissing "api_token_missing" {
        status 401, code 10000, by Visitor,
        title "No credentials",
        message "Authentication error: send the header Authorization: Bearer TOKEN",
        cause "The request carries no API token.",
        remedy "Send `Authorization: Bearer TOKEN`. The token is printed once, at the first start; \
            `BELLWETHER_API_TOKEN` sets one of your own.",
    }
    TokenInvalid "api_token_invalid" {
        status 401, code 9109, by Visitor,
        title "Token not accepted",
        message "Invalid access token: it is not the token of this installation",
        cause "The token is not the one whose hash is stored here: it is mistyped, cut short, or of another \
            installation.",
        remedy "Compare the token's first and last characters with what was printed. If it is lost, set \
            `BELLWETHER_API_TOKEN` and restart.",
    }
    RateLimited "api_rate_limited" {
        status 429, code 10429, by Visitor,
        title "Too many calls",
        message "Rate limit exceeded: <limit>. Try again in <seconds> s.",
        cause "More calls came with this token, or from this address, than the API accepts in the time.",
        remedy "Wait as long as `retry-after` says, then spread the calls out or use the bulk operations.",
    }
    UnableToPurge "api_unable_to_purge" {
        status 500, code 1015, by Edge,
        title "The cache could not be purged",
        message "Unable to purge: <problem>",
        cause "The purge was accepted but not carried out on every node. The same number on a visitor's page means a \
            rate limit.",
        remedy "Send the purge again; if it fails twice, look at the log of the node that the message names.",
    }
    Internal "api_internal" {
        status 500, code 10500, by Edge,
        title "The API failed",
        message "Something went wrong here, not with the request; the log has it under <request>.",
        cause "An error inside Bellwether kept the call from being finished.",
        remedy "Search the log for the request id in the message; reading the object again shows whether it was \
            changed.",
    }
    StoreUnavailable "api_store_unavailable" {
        status 503, code 10503, by Edge,
        title "The store does not answer",
        message "The store cannot be written at the moment: <problem>. Nothing was changed.",
        cause "The change is fine, but it could not be made durable, so it was not made at all. Traffic goes on with \
            the last good table, or, when the store could not be opened at the start, with that of its snapshot.",
        remedy "Check free disk space and permissions of the data directory, or the connection to the store; then \
            repeat the call. A store that could not be opened is tried again by itself; `/readyz` says when it is back.",
    }
    PoolSetsTooLarge "api_pool_sets_too_large" {
        status 400, code 1002, by Configuration,
        label "POOL_SETS_TOO_LARGE",
        title "Too many pool sets",
        message "POOL_SETS_TOO_LARGE: <path> has more than 1000 pool sets: validation failed",
        cause "A load balancer has more than 1,000 pool sets.",
        remedy "Merge sets that lead to the same pools; one set may match many countries or regions.",
    }
    PoolSetNoIntent "api_pool_set_no_intent" {
        status 400, code 1002, by Configuration,
        label "POOL_SET_NO_INTENT",
        title "A pool set does nothing",
        message "POOL_SET_NO_INTENT: <path> needs either overrides.pools or fixed_response: validation failed",
        cause "A pool set says neither which pools to use nor what to answer.",
        remedy "Give the set `overrides.pools`, or a `fixed_response`, but not both.",
    }
    PoolSetEmptyMatch "api_pool_set_empty_match" {
        status 400, code 1002, by Configuration,
        label "POOL_SET_EMPTY_MATCH",
        title "A pool set matches by nothing",
        message "POOL_SET_EMPTY_MATCH: <path> is empty; leave match out to match everything: validation failed",
        cause "`match` is present but holds neither `default` nor `topology`.",
        remedy "Leave `match` out to match everything, or fill in `topology`.",
    }
    PoolSetDefaultWithMatch "api_pool_set_default_with_match" {
        status 400, code 1002, by Configuration,
        label "POOL_SET_DEFAULT_WITH_MATCH",
        title "A default pool set with a condition",
        message "POOL_SET_DEFAULT_WITH_MATCH: <path> has default and topology; keep one: validation failed",
        cause "`match.default` is true, which matches everything, and `match.topology` narrows it again.",
        remedy "Remove `topology` from the default set, or `default` from this one.",
    }
    PoolSetEmptyTopology "api_pool_set_empty_topology" {
        status 400, code 1002, by Configuration,
        label "POOL_SET_EMPTY_TOPOLOGY",
        title "A topology without places",
        message "POOL_SET_EMPTY_TOPOLOGY: <path> lists no pops, countries or regions: validation failed",
        cause "`match.topology` is present, but all its lists are absent or empty.",
        remedy "Name at least one data center, country or region, or remove `topology`.",
    }
    PoolSetTopologyTooLarge "api_pool_set_topology_too_large" {
        status 400, code 1002, by Configuration,
        label "POOL_SET_TOPOLOGY_TOO_LARGE",
        title "A topology with too many places",
        message "POOL_SET_TOPOLOGY_TOO_LARGE: <path> has more than 1000 items: validation failed",
        cause "A list of `match.topology` has more than 1,000 items.",
        remedy "Use regions in place of many countries or data centers.",
    }
    PoolSetPopEntitlement "api_pool_set_pop_entitlement" {
        status 400, code 1002, by Configuration,
        label "POOL_SET_POP_ENTITLEMENT",
        title "Matching by data center is not enabled",
        message "POOL_SET_POP_ENTITLEMENT: <path>: matching by data center is not enabled here: validation failed",
        cause "The account may not match pool sets by data center.",
        remedy "Match by country or region, or enable the feature for the account.",
    }
    PoolSetRegionEntitlement "api_pool_set_region_entitlement" {
        status 400, code 1002, by Configuration,
        label "POOL_SET_REGION_ENTITLEMENT",
        title "Matching by region is not enabled",
        message "POOL_SET_REGION_ENTITLEMENT: <path>: matching by region is not enabled here: validation failed",
        cause "The account may not match pool sets by region.",
        remedy "Match by country, or enable the feature for the account.",
    }
    PoolSetCountryEntitlement "api_pool_set_country_entitlement" {
        status 400, code 1002, by Configuration,
        label "POOL_SET_COUNTRY_ENTITLEMENT",
        title "Matching by country is not enabled",
        message "POOL_SET_COUNTRY_ENTITLEMENT: <path>: matching by country is not enabled here: validation failed",
        cause "The account may not match pool sets by country.",
        remedy "Match by region, or enable the feature for the account.",
    }
    PoolSetSteeringEntitlement "api_pool_set_steering_entitlement" {
        status 400, code 1002, by Configuration,
        label "POOL_SET_STEERING_ENTITLEMENT",
        title "This steering policy is not enabled",
        message "POOL_SET_STEERING_ENTITLEMENT: <path>: this steering policy is not enabled here: validation failed",
        cause "The account may not use the steering policy that the pool set asks for.",
        remedy "Leave `steering_policy` out for failover order, or enable the policy for the account.",
    }
}
