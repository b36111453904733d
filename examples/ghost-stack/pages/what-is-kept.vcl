# What may be kept: what Ghost calls public, asked for by nobody in particular.

sub vcl_recv {
    if (req.method != "GET" && req.method != "HEAD") {
        return (pass);
    }
    # Whoever Ghost knows by a cookie (members, staff, those who know a private site's password), shows a key, or pays.
    if (req.http.Cookie ~ "(?i)(?:^|;) *ghost" || req.http.Authorization
        || req.http.X-Payment || req.http.Payment-Signature || req.http.X-Ghost-Preview) {
        return (pass);
    }
    # Admin, members, charts, clicks that are counted, previews, webmentions.
    if (req.url ~ "(?i)^/(?:ghost|members|\.ghost|r|p|unsubscribe|private|email|webmentions|\.well-known)(?:[/?]|$)"
        && req.url !~ "(?i)^/ghost/api/(?:[^/]+/)?content/") {
        return (pass);
    }
    # Posts that may be sold to machines, and what is large and asked for in parts.
    if (req.url ~ "(?i)^[^?]*\.md(?:[/?]|$)" || req.url ~ "(?i)^/content/(?:media|files)/") {
        return (pass);
    }
    # Queries that say who asks, or unlock something. The key of the Content API is in each of its addresses.
    if (req.url ~ "(?i)[?&](?:uuid|token|gift|preview|action|success|stripe|admin|admin_toolbar)(?:[=&]|$)"
        || (req.url ~ "(?i)[?&]key=" && req.url !~ "(?i)^/ghost/api/")) {
        return (pass);
    }
    # A path in disguise may be one of those above.
    if (req.url ~ "^[^?]*(?://|/\.|%[0-7]|\\)" || var.get("ask ghost")) {
        return (pass);
    }
    # No cookie that is left means anything to Ghost.
    unset req.http.Cookie;
    call the_key;
    # While Ghost is there, what is old is given out for ten seconds at most, while it is asked for anew.
    set req.grace = 10s;
    if (!std.healthy(ghost_when_well) || var.get("any age")) {
        set req.grace = 24h;
    }
    return (hash);
}

sub vcl_backend_fetch {
    if (bereq.method == "GET" && !bereq.uncacheable) {
        set bereq.first_byte_timeout = 90s;
    }
}

sub vcl_backend_response {
    # Ghost is starting, or gone. Caddy has seen it too, and holds the next request until it is back.
    if (beresp.status >= 502 && beresp.status <= 504 && !bereq.is_bgfetch
        && (bereq.method == "GET" || bereq.method == "HEAD") && bereq.retries < 2) {
        return (retry);
    }
    if (bereq.uncacheable) {
        return (deliver);
    }
    if (beresp.status >= 500) {
        if (bereq.is_bgfetch) {
            return (abandon);
        }
        set beresp.uncacheable = true;
        set beresp.ttl = 0s;
        return (deliver);
    }
    if (beresp.http.Set-Cookie || beresp.http.X-Member-Cache-Tier || beresp.http.Vary ~ "(?i)\*|cookie"
        || std.integer(beresp.http.Content-Length, 0) > 1048576) {
        call what_is_not_kept;
    } else if (beresp.status == 404) {
        # Ghost calls no error public, and this one is the same for all.
        set beresp.ttl = 30s;
        set beresp.grace = 10m;
    } else if ((beresp.status != 200 && (beresp.status < 301 || beresp.status > 308 || beresp.status == 304))
        || beresp.http.Cache-Control !~ "(?i)\bpublic\b"
        || beresp.http.Cache-Control ~ "(?i)\b(?:private|no-cache|no-store)\b") {
        call what_is_not_kept;
    } else {
        # What changes without a word is at most this old.
        set beresp.ttl = 5m;
        set beresp.grace = 24h;
        if (bereq.url ~ "(?i)^/(?:robots\.txt|sitemap|llms)|/rss/") {
            set beresp.ttl = 1m;
        }
    }
    # Compressed once, whoever asks first.
    if (!beresp.uncacheable && !beresp.http.Content-Encoding
        && beresp.http.Content-Type ~ "(?i)text|json|xml|javascript|svg") {
        set beresp.do_gzip = true;
    }
    return (deliver);
}

# For two minutes, those who ask for the same do not wait for one another's answer.
sub what_is_not_kept {
    set beresp.uncacheable = true;
    set beresp.ttl = 2m;
}
