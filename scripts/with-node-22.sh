#!/bin/sh
# Runs a script with the newest Node 22: the platform package's `node` comes first in npm scripts, so a
# job that only sets up Node 22 would still test on 24. Where Node is 22 already, that one is used.
set -eu
version=22.23.3
case "$(node --version)" in
  v22.*) exec node "$@" ;;
esac
folder=.prosora/node-$version
arch=$(node -p process.arch)
if [ ! -x "$folder/node_modules/node-linux-$arch/bin/node" ]; then
  npm install --prefix "$folder" --no-save --no-audit --no-fund --loglevel=error "node-linux-$arch@$version" >/dev/null
fi
exec "$folder/node_modules/node-linux-$arch/bin/node" "$@"
