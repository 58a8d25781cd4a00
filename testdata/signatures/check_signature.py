"""Checks, and makes, detached signatures of archives, as docs/signatures.md and OpenSSF Model Signing v1.0 say.

    python3 check_signature.py check ARCHIVE SIGNATURE PUBLIC_KEY
    python3 check_signature.py sign ARCHIVE SIGNATURE PRIVATE_KEY

A second implementation, which shares no code with pemn. `check` prints the name under which the archive was
signed and exits with 0, or says in one sentence what is wrong and exits with 1. Needs Python 3.9 and cryptography.
"""

import base64
import hashlib
import json
import sys
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

MEDIA_TYPE = "application/vnd.dev.sigstore.bundle.v0.3+json"
PAYLOAD_TYPE = "application/vnd.in-toto+json"
STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE = "https://model_signing/signature/v1.0"


class CheckError(Exception):
    """What the check found wrong, as one sentence."""


def expect(found, expected, what):
    if found != expected:
        raise CheckError(f"The {what} is {found!r}, expected {expected!r}.")


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def fingerprint(public_key):
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return sha256(public_key.public_bytes(serialization.Encoding.PEM, form))


def pre_authentication_encoding(payload):
    return b"DSSEv1 %d %s %d %s" % (len(PAYLOAD_TYPE), PAYLOAD_TYPE.encode(), len(payload), payload)


def check(archive, signature, key_file):
    bundle = json.loads(Path(signature).read_text(encoding="utf-8"))
    expect(bundle["mediaType"], MEDIA_TYPE, "media type")
    public_key = serialization.load_pem_public_key(Path(key_file).read_bytes())
    expect(public_key.curve.name, "secp256r1", "key's curve")
    expect(bundle["verificationMaterial"]["publicKey"]["hint"], fingerprint(public_key), "key's fingerprint")
    envelope = bundle["dsseEnvelope"]
    expect(envelope["payloadType"], PAYLOAD_TYPE, "payload type")
    expect(len(envelope["signatures"]), 1, "number of signatures")
    payload = base64.b64decode(envelope["payload"], validate=True)
    der = base64.b64decode(envelope["signatures"][0]["sig"], validate=True)
    try:
        public_key.verify(der, pre_authentication_encoding(payload), ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        raise CheckError("The signature is not this key's.") from None

    statement = json.loads(payload)
    expect(statement["_type"], STATEMENT_TYPE, "statement's type")
    expect(statement["predicateType"], PREDICATE_TYPE, "predicate's type")
    serialized = statement["predicate"]["serialization"]
    expect((serialized["method"], serialized["hash_type"]), ("files", "sha256"), "serialization")
    resources = statement["predicate"]["resources"]
    expect(len(resources), 1, "number of files")
    expect(resources[0]["algorithm"], "sha256", "digest's algorithm")
    digest = resources[0]["digest"]
    expect(len(statement["subject"]), 1, "number of subjects")
    expect(statement["subject"][0]["digest"]["sha256"], sha256(bytes.fromhex(digest)), "root digest")
    expect(sha256(Path(archive).read_bytes()), digest, "archive's SHA-256")
    return resources[0]["name"]


def sign(archive, signature, key_file):
    private_key = serialization.load_pem_private_key(Path(key_file).read_bytes(), None)
    digest = sha256(Path(archive).read_bytes())
    name = Path(archive).name
    statement = {
        "_type": STATEMENT_TYPE,
        "subject": [{"name": name, "digest": {"sha256": sha256(bytes.fromhex(digest))}}],
        "predicateType": PREDICATE_TYPE,
        "predicate": {
            "serialization": {"method": "files", "hash_type": "sha256", "allow_symlinks": False},
            "resources": [{"name": name, "algorithm": "sha256", "digest": digest}],
        },
    }
    payload = json.dumps(statement, indent=2).encode()
    der = private_key.sign(pre_authentication_encoding(payload), ec.ECDSA(hashes.SHA256()))
    bundle = {
        "mediaType": MEDIA_TYPE,
        "verificationMaterial": {"publicKey": {"hint": fingerprint(private_key.public_key())}},
        "dsseEnvelope": {
            "payload": base64.b64encode(payload).decode(),
            "payloadType": PAYLOAD_TYPE,
            "signatures": [{"sig": base64.b64encode(der).decode()}],
        },
    }
    Path(signature).write_text(json.dumps(bundle), encoding="utf-8")
    return name


def main():
    command, archive, signature, key_file = sys.argv[1:]
    try:
        print({"check": check, "sign": sign}[command](archive, signature, key_file))
    except (CheckError, KeyError, ValueError) as e:
        sys.exit(str(e) if isinstance(e, CheckError) else f"The signature is malformed: {e!r}.")


if __name__ == "__main__":
    main()
