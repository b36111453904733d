# What one address may ask for. Ghost's own limits are narrower and stay behind these, which keep a flood from costing
# Ghost and its database anything.

sub vcl_recv {
    # Whoever has one address of IPv6 has 2^64 of them: the network counts.
    var.set("network", regsub(req.http.X-Real-IP, "^((?:[0-9a-f]+:){1,4}).*", "\1"));

    if (req.method == "POST" && (
        (req.url ~ "(?i)^/+ghost/+api/+(?:[^/]+/+)?admin/+session"
            && vsthrottle.is_denied("login " + var.get("network"), 30, 1m))
        || (req.url ~ "(?i)^/+members/+api/+send-magic-link"
            && vsthrottle.is_denied("link " + var.get("network"), 30, 1m))
        || (req.url ~ "(?i)^/+members/+api/+comments"
            && vsthrottle.is_denied("comment " + var.get("network"), 30, 1m)))) {
        return (synth(429));
    }
}

# Of the Content API, and of the search that is part of it, only what Ghost has to be asked for counts.
sub vcl_miss {
    if ((req.url ~ "(?i)^/ghost/api/(?:[^/]+/)?content/search-index"
            && vsthrottle.is_denied("search " + var.get("network"), 60, 1m))
        || (req.url ~ "(?i)^/ghost/api/(?:[^/]+/)?content/"
            && vsthrottle.is_denied("content " + var.get("network"), 600, 1m))) {
        return (synth(429));
    }
}
