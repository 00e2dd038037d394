"""The tokens that clusters take: a signed GetCallerIdentity request, in Base64.

AWS sends the request to STS, which tells who signed it. Here the signature is computed again with
the secret key that moto's IAM or STS has for the access key, which proves the same.
"""

from __future__ import annotations

import base64
import binascii
from datetime import UTC, datetime, timedelta
from urllib.parse import SplitResult, parse_qsl, urlsplit

from groundplan_aws.access import Principal, principal, signature

from moto.moto_server.werkzeug_app import BackendRequest
from werkzeug.datastructures import Headers
from werkzeug.test import EnvironBuilder

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


class Refused(Exception):
    """Why a token is not taken."""


def caller(token: str, cluster: str, endpoint: str) -> Principal:
    """Who signed a token for a cluster. `endpoint` is the sandbox's own STS."""
    url = urlsplit(_decode(token))
    _check_place(url, endpoint)
    query = _query(url.query)
    _check_time(query)
    request = _request(url, cluster)
    signed = signature.read(request)
    if signed is None or signed.service != "sts":
        raise Refused(f"X-Amz-Credential {query['X-Amz-Credential']} is not one for sts")
    if set(signed.signed_headers) != {"host", CLUSTER_HEADER}:
        raise Refused(f"the headers host and {CLUSTER_HEADER} have to be signed, and no others")
    found = principal.of_key(signed.access_key_id)
    if found is None:
        raise Refused(f"nobody has the access key {signed.access_key_id}")
    who, secret, session = found
    if session != signed.token:
        raise Refused(f"the session token is not that of the access key {signed.access_key_id}")
    if not signature.fits(signed, request, secret):
        raise Refused(f"the signature of {who.arn} is not one for cluster {cluster}")
    return who


def _request(url: SplitResult, cluster: str) -> BackendRequest:
    """The request as the cluster would send it."""
    builder = EnvironBuilder(
        path="/",
        base_url=f"{url.scheme}://{url.netloc}",
        query_string=url.query,
        headers=Headers([(CLUSTER_HEADER, cluster)]),
    )
    return BackendRequest(builder.get_environ())


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


def _check_place(url: SplitResult, endpoint: str) -> None:
    place, host = f"{url.scheme}://{url.netloc}", url.netloc
    own = place == endpoint
    regional = url.scheme == "https" and host.startswith("sts.") and host.endswith(".amazonaws.com")
    if not own and not regional:
        raise Refused(f"{place} is not STS; here it is {endpoint}")
    if url.path != "/":
        raise Refused(f"the path is {url.path}, not /")


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
    age = datetime.now(UTC) - signed.replace(tzinfo=UTC)
    if age > LIFETIME:
        raise Refused(f"the token is {int(age.total_seconds())} s old; 15 minutes are allowed")
    if age < -SKEW:
        raise Refused("the token is from the future; look at the clock")
