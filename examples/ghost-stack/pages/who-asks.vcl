# Two doors: `readers` is Caddy's, `private` is that of the stack's own services, on the network "front".

sub vcl_recv {
    if (local.socket == "private") {
        if (req.http.Authorization != "Bearer " + std.fileread("/run/secrets/pages_token")
            || (req.method != "PURGE" && req.method != "GET")) {
            return (synth(403));
        }
        # When the site last changed, before this as well: who asks learns what it has not been told.
        var.set("changed before", var.global_get("changed"));
        if (req.method == "PURGE") {
            call the_site_changed;
        }
        return (synth(200));
    }
    # Caddy's question whether Varnish is well: whatever a reader asks has the reader's address.
    if (!req.http.X-Real-IP) {
        return (synth(200));
    }
    # Varnish added the address of the socket, which has none.
    set req.http.X-Forwarded-For = req.http.X-Real-IP;
}
