#!/bin/sh
# Starts Ghost with what it reads from its process's environment alone.
set -eu
# What an upload left that a crash cut off.
rm -rf "${TMPDIR:?}"/*
# WEBHOOK_SECRET and, with the sandbox, where the stand-ins are.
set -a && . /run/secrets/ghost.env && set +a
# Ghost's own process tells of its start.
exec sh /opt/prosora/trust-edge.sh docker-entrypoint.sh \
  node --import /opt/prosora/flush-pages.mjs current/index.js
