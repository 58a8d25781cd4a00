#!/usr/bin/env bash
# Signs in pemn and checks in Python and with openssl, and the other way round, with keys of pemn's and of openssl's.
#
#   testdata/signatures/interop.sh [PYTHON]
#
# Needs openssl and a Python with cryptography (Debian: openssl, python3-cryptography).
set -euo pipefail
home=$(cd "$(dirname "$0")/../.." && pwd -P)
python=${1:-python3}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
check=$home/testdata/signatures/check_signature.py
cp "$home/testdata/signatures/model.pemn" .

refused() { # EXIT_CODE COMMAND...
  local expected=$1 code=0
  shift
  "$@" >/dev/null 2>&1 || code=$?
  [ "$code" = "$expected" ] || { echo "$* exited with $code, not with $expected." >&2; exit 1; }
}

"$home/pemn" keygen -o pemn >/dev/null
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out openssl.key 2>/dev/null
openssl pkey -in openssl.key -pubout -out openssl.pub
openssl pkey -in pemn.key -pubout | cmp - pemn.pub
[ "$(stat -c %a pemn.key)" = 600 ] || { echo "Others can read the private key." >&2; exit 1; }

for key in pemn openssl; do
  "$home/pemn" sign model.pemn --key "$key.key" -o "$key.sig" >/dev/null
  "$python" "$check" check model.pemn "$key.sig" "$key.pub" >/dev/null
  "$python" "$check" sign model.pemn python.sig "$key.key" >/dev/null
  "$home/pemn" verify model.pemn --trust "$key.pub" --signature python.sig >/dev/null
done
refused 1 "$python" "$check" check model.pemn pemn.sig openssl.pub
refused 4 "$home/pemn" verify model.pemn --trust openssl.pub --signature pemn.sig
printf '\0' >>model.pemn
refused 1 "$python" "$check" check model.pemn pemn.sig pemn.pub
refused 4 "$home/pemn" verify model.pemn --trust pemn.pub --signature pemn.sig

# By hand, as docs/signatures.md says.
cp "$home/testdata/signatures/model.pemn" .
"$python" - pemn.sig <<'PYTHON'
import base64
import json
import sys

envelope = json.load(open(sys.argv[1]))["dsseEnvelope"]
payload = base64.b64decode(envelope["payload"])
open("payload.json", "wb").write(payload)
head = f"DSSEv1 {len(envelope['payloadType'])} {envelope['payloadType']} {len(payload)} "
open("signed.bin", "wb").write(head.encode() + payload)
open("signature.der", "wb").write(base64.b64decode(envelope["signatures"][0]["sig"]))
PYTHON
openssl dgst -sha256 -verify pemn.pub -signature signature.der signed.bin >/dev/null
grep -q "\"digest\":\"$(sha256sum model.pemn | cut -d' ' -f1)\"" payload.json
grep -q "\"hint\":\"$(sha256sum pemn.pub | cut -d' ' -f1)\"" pemn.sig
echo "pemn, openssl and a second implementation in Python take each other's keys and signatures."
