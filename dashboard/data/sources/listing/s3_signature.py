"""Signatures of requests to S3 (AWS Signature Version 4).

Formula: "Authenticating Requests (AWS Signature Version 4)", Amazon S3 API
Reference, with an unsigned payload.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import parse_qsl, quote, urlsplit

ALGORITHM = "AWS4-HMAC-SHA256"
UNSIGNED = "UNSIGNED-PAYLOAD"


def signed_headers(
    address: str, key: str, secret: str, region: str, moment: datetime | None = None
) -> dict[str, str]:
    """Return the headers that sign a GET.

    Parameters
    ----------
    address : str
        With its query; its path is escaped as it is sent.
    key, secret : str
        Access key, and its secret.
    region : str
        Such as ``us-east-1``.
    moment : datetime, optional
        The time of the request; by default now.

    Returns
    -------
    dict
        ``Authorization`` and what it covers.
    """
    moment = (moment or datetime.now(UTC)).astimezone(UTC)
    stamp, day = moment.strftime("%Y%m%dT%H%M%SZ"), moment.strftime("%Y%m%d")
    parts = urlsplit(address)
    headers = {"host": parts.netloc, "x-amz-content-sha256": UNSIGNED, "x-amz-date": stamp}
    names = ";".join(headers)
    request = "\n".join(
        ["GET", parts.path or "/", canonical_query(parts.query), *_lines(headers), "", names, UNSIGNED]
    )
    scope = f"{day}/{region}/s3/aws4_request"
    text = "\n".join([ALGORITHM, stamp, scope, hashlib.sha256(request.encode()).hexdigest()])
    signing = f"AWS4{secret}".encode()
    for part in (day, region, "s3", "aws4_request"):
        signing = hmac.digest(signing, part.encode(), "sha256")
    signature = hmac.new(signing, text.encode(), "sha256").hexdigest()
    sent = {name: value for name, value in headers.items() if name != "host"}
    proof = f"{ALGORITHM} Credential={key}/{scope}, SignedHeaders={names}, Signature={signature}"
    return {**sent, "Authorization": proof}


def canonical_query(query: str) -> str:
    """Return a query with its parameters sorted and escaped as the signature wants them."""
    pairs = sorted(
        (quote(name, safe="-_.~"), quote(value, safe="-_.~"))
        for name, value in parse_qsl(query, keep_blank_values=True)
    )
    return "&".join(f"{name}={value}" for name, value in pairs)


def _lines(headers: Mapping[str, str]) -> list[str]:
    return [f"{name}:{value}" for name, value in headers.items()]
