# Two doors: `readers` is Caddy's, `private` is that of the stack's own services, on the network "front".

sub vcl_recv {
    if (local.socket == "private") {
        if (req.method == "PURGE"
            && req.http.Authorization == "Bearer " + std.fileread("/run/secrets/pages_token")) {
            call the_site_changed;
            return (synth(200));
        }
        return (synth(403));
    }
    # Caddy's question whether Varnish is well: whatever a reader asks has the reader's address.
    if (!req.http.X-Real-IP) {
        return (synth(200));
    }
    # Varnish added the address of the socket, which has none.
    set req.http.X-Forwarded-For = req.http.X-Real-IP;
}
