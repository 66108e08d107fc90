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
    OriginQueueFull "origin_queue_full" {
        at Steer, by Origin, code 1200, health OtherFailure, token "connection_limit_reached", blames nobody,
        title "Too many requests wait for the origin",
        cause "As many requests wait for this origin on this node as the queue holds.",
        remedy "Add endpoints to the pool, or raise the origin's number of workers; then the queue drains on its \
            own.",
    }
}
