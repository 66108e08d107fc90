//! 10xxx: items of lists and bulk redirects that the management API refuses. Nothing is stored when any item fails.

use super::{codes, visitor::NONE};

codes! {
    10028 "list_items_duplicate" {
        status 400, category List, at Configure, by Configuration, made Api, retry no,
        title "The same item twice in one call",
        cause "One call adds the same address, or the same `source_url`, more than once.",
        remedy "Remove the repeats from the call and send it again.",
        visitor NONE,
    }
    10043 "redirect_source_too_long" {
        status 400, category List, at Configure, by Configuration, made Api, retry no,
        title "Source URL too long",
        cause "A redirect's `source_url` is longer than 32,768 characters.",
        remedy "Shorten the source; match a prefix with `subpath_matching` instead of spelling out the path.",
        visitor NONE,
    }
    10044 "redirect_target_too_long" {
        status 400, category List, at Configure, by Configuration, made Api, retry no,
        title "Target URL too long",
        cause "A redirect's `target_url` is longer than 32,768 characters.",
        remedy "Shorten the target; let the page behind it add what is missing.",
        visitor NONE,
    }
    10045 "redirect_source_invalid" {
        status 400, category List, at Configure, by Configuration, made Api, retry no,
        title "Source URL is not a URL",
        cause "A redirect's `source_url` cannot be read as a URL.",
        remedy "Write it as `https://host/path`, and percent-encode what is not plain ASCII.",
        visitor NONE,
    }
    10046 "redirect_target_invalid" {
        status 400, category List, at Configure, by Configuration, made Api, retry no,
        title "Target URL is not a URL",
        cause "A redirect's `target_url` cannot be read as a URL.",
        remedy "Write it as `https://host/path`, and percent-encode what is not plain ASCII.",
        visitor NONE,
    }
    10047 "redirect_status_invalid" {
        status 400, category List, at Configure, by Configuration, made Api, retry no,
        title "Status is not a redirect",
        cause "A redirect's `status_code` is not one of 301, 302, 307 and 308.",
        remedy "Use 301 or 308 for good, 302 or 307 for now; 307 and 308 keep the method.",
        visitor NONE,
    }
    10048 "redirect_suffix_without_subpaths" {
        status 400, category List, at Configure, by Configuration, made Api, retry no,
        title "Suffix kept without subpath matching",
        cause "`preserve_path_suffix` is set to true while `subpath_matching` is false, so there is no suffix to \
            keep.",
        remedy "Switch `subpath_matching` on, or leave `preserve_path_suffix` out.",
        visitor NONE,
    }
    10049 "redirect_source_scheme_invalid" {
        status 400, category List, at Configure, by Configuration, made Api, retry no,
        title "Source URL has another scheme",
        cause "A redirect's `source_url` has a scheme other than `http` or `https`.",
        remedy "Use one of the two, or leave the scheme out to match both.",
        visitor NONE,
    }
    10050 "redirect_source_user_info" {
        status 400, category List, at Configure, by Configuration, made Api, retry no,
        title "Source URL holds a user name",
        cause "A redirect's `source_url` has a `user:password@` part, which requests never match on.",
        remedy "Remove that part, and change the password if it was a real one.",
        visitor NONE,
    }
    10051 "redirect_source_without_host" {
        status 400, category List, at Configure, by Configuration, made Api, retry no,
        title "Source URL has no host",
        cause "A redirect's `source_url` names no host, as in `http:///path`.",
        remedy "Add the host name whose requests should be redirected.",
        visitor NONE,
    }
    10052 "redirect_source_port" {
        status 400, category List, at Configure, by Configuration, made Api, retry no,
        title "Source URL has a port",
        cause "A redirect's `source_url` has a port, even if it is the usual one.",
        remedy "Remove `:PORT`; a redirect matches on every port the edge listens on.",
        visitor NONE,
    }
    10053 "redirect_source_query" {
        status 400, category List, at Configure, by Configuration, made Api, retry no,
        title "Source URL has a query",
        cause "A redirect's `source_url` has a `?` part, on which redirects do not match.",
        remedy "Remove the query, or use a redirect rule, whose expression can read it.",
        visitor NONE,
    }
    10054 "redirect_source_fragment" {
        status 400, category List, at Configure, by Configuration, made Api, retry no,
        title "Source URL has a fragment",
        cause "A redirect's `source_url` has a `#` part, which browsers never send.",
        remedy "Remove the fragment from the source; put it on the target if the visitor should land there.",
        visitor NONE,
    }
    10055 "redirect_query_conflict" {
        status 400, category List, at Configure, by Configuration, made Api, retry no,
        title "Two queries for one target",
        cause "`preserve_query_string` is true and the `target_url` has a query of its own.",
        remedy "Choose one: drop the query from the target, or stop keeping the visitor's.",
        visitor NONE,
    }
    10056 "list_items_mixed" {
        status 400, category List, at Configure, by Configuration, made Api, retry no,
        title "Different kinds of items in one call",
        cause "One call adds addresses, host names and redirects together.",
        remedy "Send one call for each kind of item.",
        visitor NONE,
    }
    10058 "list_kind_mismatch" {
        status 400, category List, at Configure, by Configuration, made Api, retry no,
        title "Item does not fit the list",
        cause "The kind of the item is not the kind of the list.",
        remedy "Add the item to a list of its own kind; a list's kind cannot be changed.",
        visitor NONE,
    }
    10059 "redirect_source_repeated" {
        status 400, category List, at Configure, by Configuration, made Api, retry no,
        title "Source path repeated too often",
        cause "More than 16 redirects of the account share one host name and path, counted over all its lists.",
        remedy "Delete the redirects that no longer apply, also from lists that no rule uses.",
        visitor NONE,
    }
    10060 "redirect_target_without_scheme" {
        status 400, category List, at Configure, by Configuration, made Api, retry no,
        title "Target URL has no scheme",
        cause "A redirect's `target_url` does not begin with `http://` or `https://`.",
        remedy "Put `https://` in front of the target.",
        visitor NONE,
    }
}
