#!/bin/sh
# Makes the certificates beside this script, which tests/cli/obstacles.rs serves. Needs OpenSSL 3.
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT

key="-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes"
cat >"$work/ca.cnf" <<CNF
[ca]
default_ca = tests
[tests]
dir = $work
new_certs_dir = $work
database = $work/index
serial = $work/serial
default_md = sha256
policy = any
[any]
commonName = supplied
CNF
: >"$work/index"
echo 01 >"$work/serial"
# shellcheck disable=SC2086
openssl req -x509 $key -keyout "$work/authority.key" -out "$work/authority.pem" -days 36500 -subj "/CN=Tests of Likeness"
openssl x509 -in "$work/authority.pem" -out authority.pem

# Arguments: its name here, whom it is for, from when, until when.
leaf() {
    # shellcheck disable=SC2086
    openssl req $key -keyout "$work/leaf.pem" -out "$work/leaf.csr" -subj "/CN=$1"
    printf 'subjectAltName=%s\nbasicConstraints=CA:FALSE\n' "$2" >"$work/leaf.ext"
    openssl ca -batch -notext -config "$work/ca.cnf" -cert "$work/authority.pem" -keyfile "$work/authority.key" \
        -in "$work/leaf.csr" -extfile "$work/leaf.ext" -startdate "$3" -enddate "$4" -out "$work/cert.pem"
    openssl x509 -in "$work/cert.pem" -outform DER -out "$1.der"
    openssl pkcs8 -topk8 -nocrypt -in "$work/leaf.pem" -outform DER -out "$1.key.der"
}
leaf valid IP:127.0.0.1 20000101000000Z 20991231235959Z
leaf expired IP:127.0.0.1 20000101000000Z 20010101000000Z
leaf early IP:127.0.0.1 20980101000000Z 20991231235959Z
leaf portal DNS:login.portal.example 20000101000000Z 20991231235959Z
