"""Addresses that a replica tells of itself: it stands at the root, callers see it below its deployment."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import unquote

#: Bytes of a document that is rewritten; those of modules have some ten thousand.
LARGEST = 8 * 2**20

_DOCUMENTS = re.compile(r"/swagger\.json|/|/v2/?|/v2/models/?|/v2/models/[^/]+/?")


def prefix_of(deployment: str) -> str:
    """Return the path below which a deployment's replicas are seen."""
    return f"/deployments/{deployment}"


def tells_addresses(path: str) -> bool:
    """Return whether the answer at a path of a replica is a document with its addresses."""
    return _DOCUMENTS.fullmatch(unquote(path)) is not None


def below(address: str, prefix: str, replica: str) -> str:
    """Return an address of a replica as its callers see it.

    Parameters
    ----------
    address
        Of a header or a link: a path, or a URL.
    prefix
        See `prefix_of`.
    replica
        Address of the replica, ``http://host:port``.

    Returns
    -------
    str
        Addresses elsewhere, and those that are relative to the request, stay as they are.
    """
    path = address.removeprefix(replica)
    if path != address and not path:
        path = "/"
    return prefix + path if path.startswith("/") and not path.startswith("//") else address


def document_below(content: bytes, prefix: str, replica: str) -> bytes:
    """Return a JSON document of a replica with its addresses as callers see them.

    Parameters
    ----------
    content
        A Swagger document, or one with links as DEEPaaS writes them. What is no JSON stays as it is.
    prefix, replica
        See `below`.
    """
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        return content
    if not isinstance(document, dict):
        return content
    if "swagger" in document:
        # Swagger 2.0: paths are relative to `basePath`, at the host that served the document.
        document["basePath"] = prefix + str(document.get("basePath") or "").rstrip("/")
        document.pop("host", None)
        document.pop("schemes", None)
    elif "openapi" in document:
        document["servers"] = [{"url": prefix}]
    else:
        _rewrite_links(document, prefix, replica)
    return json.dumps(document).encode()


def _rewrite_links(document: dict[str, Any], prefix: str, replica: str) -> None:
    """Rewrite the links of DEEPaaS: ``links: [{"rel", "href"}]`` of the document and of what it lists."""
    for link in _objects(document.get("links")):
        if isinstance(link.get("href"), str):
            link["href"] = below(link["href"], prefix, replica)
    for name in ("models", "versions"):
        for listed in _objects(document.get(name)):
            _rewrite_links(listed, prefix, replica)


def _objects(value: Any) -> list[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
