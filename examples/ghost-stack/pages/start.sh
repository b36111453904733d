#!/bin/sh
# Starts Varnish. Nothing it is told here is about pages: that is in default.vcl.
set -eu
if [ "$PAGES" = off ]; then
  echo "PAGES=off: pages come from Ghost itself."
  trap 'exit 0' TERM
  sleep infinity & wait
fi
# In the order below: who comes in where; how much memory pages may take, and what passes without being kept; the log,
# which nobody reads all of. Caddy keeps a connection for two minutes, so Varnish has to for longer. Cookies and
# addresses may be as long as Ghost takes them. An answer that a slow reader takes is not gathered in memory.
exec varnishd -F -f /etc/varnish/default.vcl \
  -a readers=/run/pages/readers.sock,mode=600 -a private=:6081 \
  -s "malloc,$PAGES_CACHE" -p transit_buffer=256k -p vsl_space=4m \
  -p timeout_idle=180 -p http_req_hdr_len=16k -p http_req_size=48k -p workspace_client=128k \
  -p thread_pools=1 -p thread_pool_min=20 -p thread_pool_max=400
