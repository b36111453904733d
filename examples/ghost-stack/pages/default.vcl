vcl 4.1;

# Pages from memory. Readers come from Caddy through one socket, and what is not in memory is asked of Ghost through
# another of Caddy's, which knows whether Ghost is there and holds requests while it is not. A socket has no address
# that changes when a container is made anew, and Varnish learns addresses only once.

import std;
import var;
import vsthrottle;

backend ghost {
    .path = "/run/pages/ghost.sock";
    # Uploads, imports and exports take long.
    .first_byte_timeout = 30m;
    .between_bytes_timeout = 2m;
    # Requests that wait for Ghost hold threads. The others serve what is in memory.
    .max_connections = 150;
}

# The same, asked every two seconds. Nobody is sent there, since Varnish refuses what is for one that is not well.
backend ghost_when_well {
    .path = "/run/pages/ghost.sock";
    .probe = {
        .request =
            "GET /members/api/site/ HTTP/1.1"
            "Host: pages"
            "X-Forwarded-Proto: https"
            "Connection: close";
        .interval = 2s;
        .timeout = 2s;
        .window = 3;
        .threshold = 2;
        .initial = 2;
    }
}

# In the order in which they see a request. Varnish joins the parts of one name.
include "./who-asks.vcl";
include "./floods.vcl";
include "./what-makes-it-old.vcl";
include "./what-is-kept.vcl";
include "./the-key.vcl";
include "./how-it-is-given-out.vcl";
