#!/bin/sh
# The certificate of the stack's database, signed by itself: ten years, as MySQL's own have. Both files or none, since
# a run may be killed between them.
set -eu
umask 077
cd /generated
[ ! -s db_certificate.pem ] || exit 0
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 3650 \
  -subj /CN=db -addext subjectAltName=DNS:db -keyout db_key.pem -out db_certificate.pem.new
mv db_certificate.pem.new db_certificate.pem
