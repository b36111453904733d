# How a page is given out, and what is said when there is none. `Cache-Status` is that of RFC 9211.

sub vcl_hit {
    var.set("came", "hit");
}

sub vcl_miss {
    var.set("came", "fwd=uri-miss");
}

sub vcl_pass {
    var.set("came", "fwd=bypass");
}

sub vcl_deliver {
    # An old page is better than none.
    if (resp.status >= 500 && req.restarts == 0 && var.get("asked")) {
        var.set("any age", "yes");
        return (restart);
    }
    set resp.http.Cache-Status = "pages; " + var.get("came");
    if (var.get("came") == "hit") {
        set resp.http.Cache-Status = resp.http.Cache-Status + "; ttl=" + std.integer(duration=obj.ttl);
    }
    unset resp.http.Via;
    unset resp.http.X-Varnish;
    unset resp.http.Age;
}

# Caddy, which knows whether Ghost is there, did not answer: it makes a page of this.
sub vcl_backend_error {
    set beresp.status = 503;
    set beresp.http.Edge-Error = "503";
    set beresp.body = "";
    return (deliver);
}

sub vcl_synth {
    if (resp.status == 429) {
        set resp.http.Retry-After = "60";
        # In Ghost's own form, which Admin and Portal show.
        set resp.http.Content-Type = "application/json; charset=utf-8";
        set resp.body = """{"errors":[{"type":"TooManyRequestsError","message":"Too many requests. Try again in a minute."}]}""";
    } else {
        set resp.body = "";
        if (local.socket == "private" && resp.status == 200) {
            set resp.http.Site-Changed = var.global_get("changed");
            set resp.http.Site-Changed-Before = var.get("changed before");
        }
    }
    return (deliver);
}
