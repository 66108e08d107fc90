//! The edge itself, and what fits nowhere else.

use super::reasons;

reasons! {
    EdgeInternal "edge_internal" {
        at Request, by Edge, code 500, health OtherFailure, token "proxy_internal_error", blames nobody,
        title "The edge failed",
        cause "Something in Bellwether went wrong while it handled this request; neither visitor nor origin is to \
            blame.",
        remedy "Find the error in this node's log by the Ray ID, and report it with that line.",
    }
    EdgeShuttingDown "edge_shutting_down" {
        at Request, by Edge, code 503, health OtherFailure, token "proxy_internal_error", blames nobody,
        title "This node is shutting down",
        cause "The node was told to stop, and takes no new requests while it finishes those in hand.",
        remedy "Send the request again: another node, or this one after its restart, answers it. If it stays, start \
            the node.",
    }
    Other "other" {
        at Connect, by Origin, code 520, health OtherFailure, token "proxy_internal_error", blames endpoint,
        title "Something else failed",
        cause "The failure is none that the catalogue knows by name; the evidence holds the system's own error \
            number.",
        remedy "Look up the error number in the evidence with `errno -l`, and report it, so that it gets a name \
            here.",
    }
}
