//! 1xxx from what the site owner programmed into the edge: rewrites, scripts, snippets; and one of the account pages.

use super::{codes, visitor::*};

codes! {
    1019 "script_recursion" {
        status 500, category Worker, at Rules, by Configuration, made Edge, retry no,
        title "A script calls itself",
        cause "The script of this site requests a URL that is routed to the same script again.",
        remedy "Let the script fetch from the origin's own name, or exclude that URL from the script's route.",
        visitor TELL_OWNER,
    }
    1035 "rewrite_path_invalid" {
        status 403, category Rewrite, at Rules, by Configuration, made Edge, retry no,
        title "A rewrite produced an invalid path",
        cause "A rewrite rule produced a path that is empty, does not begin with `/`, or lies under the reserved \
            `/cdn-cgi/`.",
        remedy "Put `/` in front of the expression, as in `concat(\"/\", ...)`, and keep clear of `/cdn-cgi/`.",
        visitor TELL_OWNER,
    }
    1036 "rewrite_too_long" {
        status 403, category Rewrite, at Rules, by Configuration, made Edge, retry no,
        title "A rewrite produced a target that is too long",
        cause "A rewrite rule produced a path or query over the maximum length.",
        remedy "Shorten what the expression builds; drop parts of the query that the origin does not need.",
        visitor TELL_OWNER,
    }
    1037 "rewrite_failed" {
        status 403, category Rewrite, at Rules, by Configuration, made Edge, retry no,
        title "A rewrite could not be evaluated",
        cause "An expression of a rewrite rule met a value that is not there, such as the first value of an absent \
            header.",
        remedy "Guard the field: let the rule match only when the header or argument is present.",
        visitor TELL_OWNER,
    }
    1040 "header_change_refused" {
        status 403, category Rewrite, at Rules, by Configuration, made Edge, retry no,
        title "A rule changes a protected header",
        cause "A rule tries to set or remove a request header that the edge keeps for itself.",
        remedy "Drop that header from the rule, and carry the value under a name of your own.",
        visitor TELL_OWNER,
    }
    1041 "header_value_invalid" {
        status 403, category Rewrite, at Rules, by Configuration, made Edge, retry no,
        title "A rule sets an invalid header value",
        cause "The value that a rule gives a header is too long or holds characters that a header cannot.",
        remedy "Shorten the value, and strip control characters and line breaks from what the expression inserts.",
        visitor TELL_OWNER,
    }
    1042 "script_fetches_own_zone" {
        status 403, category Worker, at Rules, by Configuration, made Edge, retry no,
        title "A script requests its own site",
        cause "A script tried to fetch from another script on the same zone, which is not allowed.",
        remedy "Bind the other script to this one instead of fetching its URL.",
        visitor TELL_OWNER,
    }
    1100 "script_load_failed" {
        status 500, category Worker, at Rules, by Configuration, made Edge, retry no,
        title "A script could not be started",
        cause "The script of this site failed before its first request, while it was loaded.",
        remedy "Run the script locally and read the error of its top-level code, then publish a corrected version.",
        visitor TELL_OWNER,
    }
    1101 "script_exception" {
        status 500, category Worker, at Rules, by Configuration, made Edge, retry no,
        title "A script failed",
        cause "The script of this site threw an exception that nothing caught.",
        remedy "Find the exception in the script's log by the Ray ID, and catch it or correct the code.",
        visitor TELL_OWNER,
    }
    1102 "script_resource_limit" {
        status 503, category Worker, at Rules, by Configuration, made Edge, retry no,
        title "A script used too much",
        cause "The script of this site went over its CPU time or its memory (128 MB for each isolate).",
        remedy "Profile it. Stream bodies instead of holding them, split large loops, or raise the CPU limit (at \
            most five minutes).",
        visitor TELL_OWNER,
    }
    1103 "script_unavailable" {
        status 500, category Worker, at Rules, by Configuration, made Edge, retry no,
        title "A script is not available",
        cause "The script that this route names could not be found or was withdrawn.",
        remedy "Publish the script again, or remove the route.",
        visitor TELL_OWNER,
    }
    1104 "email_variant_taken" {
        status 400, category Request, at Configure, by Visitor, made Api, retry no,
        title "This e-mail address is already in use in another spelling",
        cause "Another user signed up with the same mailbox: `a+b@` and `a.b@` count as one address.",
        remedy "Sign in as the other user and change its address, which frees this one.",
        visitor NONE,
    }
    1105 "script_temporarily_unavailable" {
        status 503, category Worker, at Rules, by Configuration, made Edge, retry no,
        title "A script is temporarily not available",
        cause "The script of this site cannot be run at this moment.",
        remedy "Look for a deployment in progress. If there is none, publish the script again.",
        visitor TELL_OWNER,
    }
    1201 "snippet_fetched_twice" {
        status 500, category Snippet, at Rules, by Configuration, made Edge, retry no,
        title "A snippet asked the origin twice",
        cause "A snippet called the origin more than once for one request.",
        remedy "Keep the first response and clone it where it is needed a second time.",
        visitor TELL_OWNER,
    }
    1202 "snippet_subrequests" {
        status 500, category Snippet, at Rules, by Configuration, made Edge, retry no,
        title "A snippet made too many requests",
        cause "A snippet went over the number of subrequests it may make.",
        remedy "Combine the subrequests, or move the work into a full script.",
        visitor TELL_OWNER,
    }
    1203 "snippet_cpu" {
        status 500, category Snippet, at Rules, by Configuration, made Edge, retry no,
        title "A snippet used too much CPU",
        cause "A snippet went over its CPU time.",
        remedy "Shorten its work, or move it into a full script, which may use more.",
        visitor TELL_OWNER,
    }
    1204 "snippet_memory" {
        status 500, category Snippet, at Rules, by Configuration, made Edge, retry no,
        title "A snippet used too much memory",
        cause "A snippet went over its memory.",
        remedy "Stream the body instead of reading it whole.",
        visitor TELL_OWNER,
    }
    1205 "snippet_deploying" {
        status 503, category Snippet, at Rules, by Edge, made Edge, retry 5,
        title "A new version is on its way",
        cause "A new version of the site's snippet is being distributed and is not on this node yet.",
        remedy "Wait five seconds and send the request again. If it lasts minutes, publish the version once more.",
        visitor WAIT,
    }
    1206 "snippet_exception" {
        status 500, category Snippet, at Rules, by Configuration, made Edge, retry no,
        title "A snippet failed",
        cause "A snippet threw an exception that nothing caught.",
        remedy "Reproduce it with the same request, and catch the exception or correct the code.",
        visitor TELL_OWNER,
    }
}
