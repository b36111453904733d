#!/bin/sh
# Starts Ghost with what it reads from its process's environment alone.
set -eu
# What an upload left that a crash cut off.
rm -rf "${TMPDIR:?}"/*
# WEBHOOK_SECRET and, with the sandbox, where the stand-ins are.
set -a && . /run/secrets/ghost.env && set +a
# The authority of an edge without a public certificate. After a reboot of the machine the edge may be late.
if [ -n "${EDGE_CA_URL:-}" ]; then
  tries=0
  until wget -q -T 2 -O /tmp/edge-ca.pem "$EDGE_CA_URL"; do
    tries=$((tries + 1))
    [ "$tries" -lt 60 ] || { echo "The edge does not give its certificate at $EDGE_CA_URL." >&2; exit 1; }
    sleep 1
  done
  export NODE_EXTRA_CA_CERTS=/tmp/edge-ca.pem
fi
# Ghost's own process tells of its start.
exec docker-entrypoint.sh node --import /opt/prosora/flush-pages.mjs current/index.js
