#!/bin/sh
# Whether Varnish's own manager finds that the process which serves pages runs. It kills one that does not answer it.
[ "$PAGES" = off ] || varnishadm status | grep -q 'state running'
