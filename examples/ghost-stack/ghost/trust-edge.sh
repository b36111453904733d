#!/bin/sh
# Runs a program that asks the site at its own address, and so has to believe an edge without a public certificate.
set -eu
# Not `url`, which is an option of Ghost's.
edge_ca_url=$(cat /run/secrets/edge_ca_url)
if [ -n "$edge_ca_url" ]; then
  # After a reboot of the machine the edge may be late.
  tries=0
  until wget -q -T 2 -O /tmp/edge-ca.pem "$edge_ca_url"; do
    tries=$((tries + 1))
    [ "$tries" -lt 60 ] || { echo "The edge does not give its certificate at $edge_ca_url." >&2; exit 1; }
    sleep 1
  done
  export NODE_EXTRA_CA_CERTS=/tmp/edge-ca.pem
fi
exec "$@"
