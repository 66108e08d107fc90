//! Choosing a pool and an endpoint.

use super::reasons;

reasons! {
    PoolsExhausted "pools_exhausted" {
        at Steer, by Configuration, code 1016, health OtherFailure, token "destination_unavailable", blames nobody,
        title "Every pool is out of endpoints",
        cause "No default pool is healthy, and the fallback pool, which is used whatever its health, has no endpoint \
            whose name resolves.",
        remedy "Read the story: it lists every candidate and why it was passed over. Then repair one endpoint, or \
            put one with a plain IP address into the fallback pool.",
    }
    NoOrigin "no_origin" {
        at Steer, by Configuration, code 503, health OtherFailure, token "destination_unavailable", blames nobody,
        title "Nothing is enabled",
        cause "Every pool of this load balancer, or every endpoint in them, is switched off or has weight 0.",
        remedy "Enable a pool or an endpoint: `PATCH` it with `{\"enabled\": true}`.",
    }
    EndpointsFull "endpoints_full" {
        at Steer, by Origin, code 502, health OtherFailure, token "connection_limit_reached", blames nobody,
        title "Every endpoint is at its connection limit",
        cause "No healthy backends available in associated backendSet: each endpoint that could serve has as many \
            connections open from this node as its `max_connections` allows.",
        remedy "Raise `max_connections` of the endpoints, or `origin_max_connections` of their pool, if they can take \
            more; else add an endpoint.",
    }
    OriginQueueFull "origin_queue_full" {
        at Steer, by Origin, code 1200, health OtherFailure, token "connection_limit_reached", blames nobody,
        title "Too many requests wait for the origin",
        cause "As many requests wait for this origin on this node as the queue holds.",
        remedy "Add endpoints to the pool, or raise the origin's number of workers; then the queue drains on its \
            own.",
    }
    OriginQueueTimeout "origin_queue_timeout" {
        at Steer, by Origin, code 1200, health OtherFailure, token "connection_limit_reached", blames nobody,
        title "The request waited too long for the origin",
        cause "The endpoint was busy with `origin.max_connections` requests of this node, and none of them ended while \
            this one waited its turn for `origin.queue_timeout`.",
        remedy "Find out from the access log what keeps the endpoint busy. Add endpoints to the pool, or raise \
            `origin.max_connections` if the endpoint can do more at a time.",
    }
    RetryBudgetSpent "retry_budget_spent" {
        at Steer, by Origin, code none, health OtherFailure, token "destination_unavailable", blames nobody,
        title "The request was not tried again",
        cause "A second attempt would have been harmless, but so many requests have needed one lately that more of \
            them would have added to the trouble: the budget of retries is spent.",
        remedy "Repair what made the first attempts fail; its reason stands beside this one. A larger \
            `origin.retry_budget_percent` lets more requests be tried twice.",
    }
}
