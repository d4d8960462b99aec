"""Objects of a bucket (S3): Amazon, Ceph, MinIO and others that speak its API."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote, urlencode

from dashboard.data.sources.kinds.described import EXCLUDE, INCLUDE, address, parameter
from dashboard.data.sources.listing.s3_signature import signed_headers
from dashboard.data.sources.listing.tree import TreeRules
from dashboard.data.sources.listing.xml_tree import Element, parse_xml
from dashboard.data.sources.record import Fault, FetchError, Notice, NoticeKind, Record, RecordPage
from dashboard.data.sources.source import SourceContext, SourceKind

LARGEST = 64 * 2**20  # an answer of a thousand keys
MOST_PAGES = 10_000


class S3Source:
    """A bucket, or what is below a prefix of it.

    Parameters
    ----------
    context : SourceContext
        With the endpoint, the bucket, and the access key as credentials.
    """

    def __init__(self, context: SourceContext) -> None:
        self._context = context
        values = context.values
        self._bucket = f"{str(values['address']).strip().rstrip('/')}/{quote(str(values['bucket']), safe='')}"
        self._prefix = str(values["prefix"])

    async def records(self, resume: str = "") -> AsyncIterator[RecordPage]:
        """See `Source.records`: the objects, a thousand a page."""
        del resume
        rules = TreeRules(
            tuple(self._context.values["include"]), tuple(self._context.values["exclude"]), depth=0
        )
        token, seen = "", set[str]()
        for _ in range(MOST_PAGES):
            answer = await self._listed(token)
            yield self._page(answer, rules)
            token = answer.first("NextContinuationToken")
            if answer.first("IsTruncated").lower() != "true" or not token:
                return
            if token in seen:
                raise FetchError(Fault.SERVICE, "it gives the same page again")
            seen.add(token)
        yield RecordPage((), (Notice(NoticeKind.LIMIT, f"{MOST_PAGES} pages were read"),))

    async def _listed(self, token: str) -> Element:
        query = {"list-type": "2", "prefix": self._prefix} | ({"continuation-token": token} if token else {})
        where = f"{self._bucket}?{urlencode(query, quote_via=quote)}"
        http = self._context.clients.http
        async with http.ask(where, errors=True, most_redirects=0, **self._signed(where)) as answer:
            document = await answer.body(LARGEST)
            if answer.failure:
                raise _failure(document, answer.failure)
        found = parse_xml(document)
        if not any(True for _ in found.all("ListBucketResult")):
            raise FetchError(Fault.SERVICE, "it does not list the bucket: no S3")
        return found

    def _page(self, answer: Element, rules: TreeRules) -> RecordPage:
        records = []
        for one in answer.all("Contents"):
            key, size = one.first("Key"), one.first("Size")
            path = key.removeprefix(self._prefix).lstrip("/")
            if path and not path.endswith("/") and rules.lists(path):
                where = f"{self._bucket}/{quote(key, safe='/-_.~')}"
                records.append(Record(where, path, size=int(size) if size.isdigit() else None))
        return RecordPage(tuple(records))

    async def open(self, record: Record) -> AsyncIterator[bytes]:
        """Yield the bytes of an object; see `Source.open`."""
        http, request = self._context.clients.http, self._signed(record.address)
        async for block in http.stream(record.address, most_redirects=0, **request):
            yield block

    def _signed(self, address: str) -> dict[str, Any]:
        credentials = self._context.credentials
        key, secret = credentials.get("user", ""), credentials.get("password", "")
        if not key:
            return {}
        return {"headers": signed_headers(address, key, secret, str(self._context.values["region"]))}


def _failure(document: bytes, failure: FetchError) -> FetchError:
    """Return the error with the service's own words where it says them."""
    try:
        found = parse_xml(document)
    except FetchError:
        return failure
    said = ": ".join(part for part in (found.first("Code"), found.first("Message")) if part)
    return FetchError(failure.fault, said or failure.detail, status=failure.status, retry_s=failure.retry_s)


KIND = SourceKind(
    name="s3",
    title="Bucket (S3)",
    help="The objects of a bucket. User name: the access key; password: its secret; none: a public bucket.",
    parameters=(
        address("The endpoint, such as https://s3.eu-central-1.amazonaws.com"),
        parameter("bucket", "Bucket", "string", "Its name.", required=True),
        parameter("prefix", "Prefix", "string", "Only keys that begin with it, such as dr1/spectra/"),
        INCLUDE,
        EXCLUDE,
        parameter("region", "Region", "string", "Of the signature.", "us-east-1", group="advanced"),
    ),
    make=S3Source,
)
