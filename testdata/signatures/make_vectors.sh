#!/usr/bin/env bash
# Makes the signatures here with the reference implementation of OpenSSF Model Signing, so that the tests know
# that pemn takes what others make. Keys that are there already are kept.
#
#   testdata/signatures/make_vectors.sh [MODEL_SIGNING...]
#
# MODEL_SIGNING is the command that runs it (default: python3 -m model_signing, of `pip install model-signing`).
# Needs openssl.
set -euo pipefail
cd "$(dirname "$0")"
if [ $# -eq 0 ]; then
  set -- python3 -m model_signing
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

for key in signer other; do
  if [ ! -e "$key.key" ]; then
    openssl ecparam -name prime256v1 -genkey -noout -out "$key-sec1.key"
    openssl pkcs8 -topk8 -nocrypt -in "$key-sec1.key" -out "$key.key"
  fi
  openssl pkey -in "$key.key" -pubout -out "$key.pub"
done
if [ ! -e p384.key ]; then
  openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-384 -out p384.key
fi
openssl pkey -in p384.key -pubout -out p384.pub
openssl ecparam -name prime256v1 -out "$work/parameters"
cat "$work/parameters" signer-sec1.key >signer-sec1-with-parameters.key
openssl pkcs8 -topk8 -v2 aes-256-cbc -passout pass:correct-horse -in signer.key -out signer-encrypted.key
openssl pkcs8 -topk8 -scrypt -passout pass:correct-horse -in signer.key -out signer-scrypt.key

sign() { # KEY MODEL SIGNATURE
  "${model_signing[@]}" sign key "$2" --private_key "$1.key" --signature "$3" >/dev/null
}
model_signing=("$@")
mkdir "$work/folder" "$work/two"
cp model.pemn "$work/folder"
cp model.pemn "$work/two"
echo "A model." >"$work/two/README"
sign signer model.pemn file.sig
sign signer "$work/folder" folder.sig
sign signer "$work/two" two-files.sig
sign p384 model.pemn p384.sig
