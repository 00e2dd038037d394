"""The tokens that clusters take: a signed GetCallerIdentity request, in Base64.

AWS sends the request to STS, which tells who signed it. Here the signature is computed again with the
secret key that moto's IAM or STS has for the access key, which proves the same.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from datetime import datetime, timedelta, timezone
from urllib.parse import parse_qsl, quote, urlsplit

from . import principals

PREFIX = "k8s-aws-v1."
LONGEST = 4096
LIFETIME = timedelta(minutes=15)
"""From the signature on, whatever X-Amz-Expires says."""

SKEW = timedelta(minutes=5)
CLUSTER_HEADER = "x-k8s-aws-id"
FIXED = {
    "Action": "GetCallerIdentity",
    "Version": "2011-06-15",
    "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
}
REQUIRED = {
    *FIXED,
    "X-Amz-Credential",
    "X-Amz-Date",
    "X-Amz-Expires",
    "X-Amz-Signature",
    "X-Amz-SignedHeaders",
}
ALLOWED = REQUIRED | {"X-Amz-Security-Token"}
EMPTY = hashlib.sha256(b"").hexdigest()


class Refused(Exception):
    """Why a token is not taken."""


def caller(token: str, cluster: str, endpoint: str) -> principals.Caller:
    """Who signed a token for a cluster. `endpoint` is the sandbox's own STS."""
    url = _decode(token)
    parts = urlsplit(url)
    _check_place(parts.scheme, parts.netloc, parts.path, endpoint)
    query = _query(parts.query)
    signed = query["X-Amz-SignedHeaders"].split(";")
    if CLUSTER_HEADER not in signed or "host" not in signed:
        raise Refused(f"the headers host and {CLUSTER_HEADER} have to be signed")
    if other := set(signed) - {"host", CLUSTER_HEADER}:
        raise Refused(f"signed headers that nobody knows: {', '.join(sorted(other))}")
    _check_time(query)
    key, date, region, service, end = _scope(query["X-Amz-Credential"])
    found = principals.of_key(key)
    if found is None:
        raise Refused(f"nobody has the access key {key}")
    if found.token != query.get("X-Amz-Security-Token"):
        raise Refused(f"the session token is not that of the access key {key}")
    headers = {"host": parts.netloc, CLUSTER_HEADER: cluster}
    request = _canonical(query, {name: headers[name] for name in sorted(signed)})
    scope = f"{date}/{region}/{service}/{end}"
    expected = _signature(found.secret, (date, region, service, end), query["X-Amz-Date"], scope, request)
    if not hmac.compare_digest(expected, query["X-Amz-Signature"]):
        raise Refused(f"the signature of {found.arn} is not one for cluster {cluster}")
    return found


def _decode(token: str) -> str:
    if not token.startswith(PREFIX):
        raise Refused(f"a token begins with {PREFIX}")
    if len(token) > LONGEST:
        raise Refused(f"a token has at most {LONGEST} bytes")
    encoded = token.removeprefix(PREFIX)
    if "=" in encoded:
        raise Refused("a token has no padding")
    try:
        return base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)).decode("ascii")
    except (binascii.Error, UnicodeDecodeError):
        raise Refused("a token is a URL in URL-safe Base64") from None


def _check_place(scheme: str, host: str, path: str, endpoint: str) -> None:
    own = f"{scheme}://{host}" == endpoint
    regional = scheme == "https" and host.startswith("sts.") and host.endswith(".amazonaws.com")
    if not own and not regional:
        raise Refused(f"{scheme}://{host} is not STS; here it is {endpoint}")
    if path != "/":
        raise Refused(f"the path is {path}, not /")


def _query(text: str) -> dict[str, str]:
    pairs = parse_qsl(text, keep_blank_values=True)
    query = dict(pairs)
    if len(query) < len(pairs):
        raise Refused("a query parameter is there twice")
    if other := set(query) - ALLOWED:
        raise Refused(f"query parameters that are not allowed: {', '.join(sorted(other))}")
    if missing := REQUIRED - set(query):
        raise Refused(f"query parameters are missing: {', '.join(sorted(missing))}")
    for name, value in FIXED.items():
        if query[name] != value:
            raise Refused(f"{name} is {query[name]}, not {value}")
    return query


def _check_time(query: dict[str, str]) -> None:
    expires = query["X-Amz-Expires"]
    if not expires.isdigit() or int(expires) > LIFETIME.total_seconds():
        raise Refused(f"X-Amz-Expires is {expires}, not 0 to 900 seconds")
    try:
        signed = datetime.strptime(query["X-Amz-Date"], "%Y%m%dT%H%M%SZ")
    except ValueError:
        raise Refused(f"X-Amz-Date {query['X-Amz-Date']} is no time") from None
    age = datetime.now(timezone.utc) - signed.replace(tzinfo=timezone.utc)
    if age > LIFETIME:
        raise Refused(f"the token is {int(age.total_seconds())} s old; 15 minutes are allowed")
    if age < -SKEW:
        raise Refused("the token is from the future; look at the clock")


def _scope(credential: str) -> tuple[str, str, str, str, str]:
    parts = credential.split("/")
    if len(parts) != 5 or parts[3:] != ["sts", "aws4_request"]:
        raise Refused(f"X-Amz-Credential {credential} is not one for sts")
    return parts[0], parts[1], parts[2], parts[3], parts[4]


def _canonical(query: dict[str, str], headers: dict[str, str]) -> str:
    pairs = sorted(
        (quote(name, safe="-_.~"), quote(value, safe="-_.~"))
        for name, value in query.items()
        if name != "X-Amz-Signature"
    )
    return "\n".join(
        [
            "GET",
            "/",
            "&".join(f"{name}={value}" for name, value in pairs),
            *(f"{name}:{value}" for name, value in headers.items()),
            "",
            ";".join(headers),
            EMPTY,
        ]
    )


def _signature(
    secret: str, scope_parts: tuple[str, ...], time: str, scope: str, request: str
) -> str:
    digest = hashlib.sha256(request.encode()).hexdigest()
    text = "\n".join(["AWS4-HMAC-SHA256", time, scope, digest])
    key = ("AWS4" + secret).encode()
    for part in scope_parts:
        key = hmac.digest(key, part.encode(), "sha256")
    return hmac.digest(key, text.encode(), "sha256").hex()
