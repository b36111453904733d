# What has a page of its own: each address of each host, without what only scripts in the browser read.

sub the_key {
    var.set("asked", req.url);
    set req.url = regsuball(req.url, "(?i)(?<=[?&])(?:ref|source|utm_[a-z_]+|attribution_(?:id|type)|fbclid|gclid|gad_source|gbraid|wbraid|dclid|msclkid|mc_[ce]id|igshid|srsltid|ttclid|twclid|yclid)=[^&]*&?", "");
    set req.url = std.querysort(regsub(req.url, "[?&]+$", ""));
}

sub vcl_hash {
    hash_data(req.url);
    hash_data(req.http.Host);
    # Scripts of another host are given headers that let them read.
    hash_data(req.http.Origin);
    hash_data(var.global_get("changed"));
    return (lookup);
}

# A redirect hands the query on, which of the reader's own Ghost alone can do.
sub vcl_deliver {
    if (resp.status >= 300 && resp.status < 400 && resp.status != 304 && req.restarts == 0
        && var.get("asked") && var.get("asked") != req.url) {
        set req.url = var.get("asked");
        var.set("ask ghost", "yes");
        return (restart);
    }
}
