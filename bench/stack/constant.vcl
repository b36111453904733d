vcl 4.1;

backend ghost {
    .host = "ghost";
    .port = "2368";
}

sub vcl_recv {
    unset req.http.Cookie;
    return (hash);
}

sub vcl_backend_response {
    unset beresp.http.Set-Cookie;
    set beresp.ttl = 1d;
    set beresp.do_gzip = true;
    return (deliver);
}
