"""Signature Version 4, from the server's side: in the header, or in the query of a presigned URL.

Dates are not compared with the clock, and a payload's own checksum is not looked at.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field
from functools import lru_cache
from urllib.parse import quote, unquote

from moto.core.request import Request

ALGORITHM = "AWS4-HMAC-SHA256"
_SAFE = "-_.~"


@dataclass(frozen=True)
class Signature:
    """What a request says of its signer."""

    access_key_id: str
    date: str
    region: str
    service: str
    signed_headers: tuple[str, ...]
    value: str = field(repr=False)
    time: str
    token: str | None = field(repr=False)
    presigned: bool

    @property
    def scope(self) -> str:
        """The credential scope."""
        return f"{self.date}/{self.region}/{self.service}/aws4_request"

    @property
    def header(self) -> str:
        """The same as an Authorization header."""
        return (
            f"{ALGORITHM} Credential={self.access_key_id}/{self.scope}, "
            f"SignedHeaders={';'.join(self.signed_headers)}, Signature={self.value}"
        )


def read(request: Request) -> Signature | None:
    """The signature of a request; none where it is not signed in this way."""
    header = request.headers.get("Authorization", "")
    if header.startswith(ALGORITHM):
        parts = dict(
            part.strip().partition("=")[::2] for part in header[len(ALGORITHM) :].split(",")
        )
        given = {**parts, "Time": request.headers.get("X-Amz-Date", "")}
        token = request.headers.get("X-Amz-Security-Token")
    elif request.args.get("X-Amz-Algorithm") == ALGORITHM:
        names = {
            "Credential": "Credential",
            "SignedHeaders": "SignedHeaders",
            "Signature": "Signature",
            "Time": "Date",
        }
        given = {name: request.args.get(f"X-Amz-{theirs}", "") for name, theirs in names.items()}
        token = request.args.get("X-Amz-Security-Token")
    else:
        return None
    credential = given.get("Credential", "").split("/")
    if len(credential) != 5:
        return None
    access_key_id, date, region, service, _ = credential
    return Signature(
        access_key_id=access_key_id,
        date=date,
        region=region,
        service=service.lower(),
        signed_headers=tuple(given.get("SignedHeaders", "").split(";")),
        value=given.get("Signature", ""),
        time=given["Time"],
        token=token,
        presigned=not header,
    )


def fits(signature: Signature, request: Request, secret: str) -> bool:
    """Whether the request was signed with this secret key."""
    canonical = "\n".join(
        (
            request.method,
            _path(signature, request),
            _query(request),
            *(f"{name}:{_header(request, name)}" for name in signature.signed_headers),
            "",
            ";".join(signature.signed_headers),
            _payload(signature, request),
        )
    )
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    text = f"{ALGORITHM}\n{signature.time}\n{signature.scope}\n{digest}"
    key = _key(secret, signature.date, signature.region, signature.service)
    expected = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected, signature.value)


@lru_cache(maxsize=256)
def _key(secret: str, *scope: str) -> bytes:
    key = f"AWS4{secret}".encode()
    for part in (*scope, "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return key


def _path(signature: Signature, request: Request) -> str:
    """The path as it was sent, encoded once more for every service but S3."""
    return (
        request.raw_path if signature.service == "s3" else quote(request.raw_path, safe="/" + _SAFE)
    )


def _query(request: Request) -> str:
    pairs = []
    for pair in request.query_string.decode().split("&"):
        name, _, value = pair.partition("=")
        if name and name != "X-Amz-Signature":
            pairs.append((quote(unquote(name), safe=_SAFE), quote(unquote(value), safe=_SAFE)))
    return "&".join(f"{name}={value}" for name, value in sorted(pairs))


def _header(request: Request, name: str) -> str:
    return " ".join(request.headers.get(name, "").split())


def _payload(signature: Signature, request: Request) -> str:
    if given := request.headers.get("X-Amz-Content-Sha256"):
        return given
    if signature.presigned and signature.service == "s3":
        return "UNSIGNED-PAYLOAD"
    return hashlib.sha256(request.get_data()).hexdigest()
