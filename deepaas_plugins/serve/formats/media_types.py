"""Media types of requests and answers, and which one a caller prefers."""

from __future__ import annotations

from wire.accept import media_weights

CSV_TYPE, VOTABLE_TYPE = "text/csv", "application/x-votable+xml"

#: Names under which callers ask for a table.
TABLE_TYPES = {
    CSV_TYPE: CSV_TYPE,
    VOTABLE_TYPE: VOTABLE_TYPE,
    "text/xml": VOTABLE_TYPE,
    "application/xml": VOTABLE_TYPE,
}

#: Bodies that are one file themselves, for our own methods; the suffix is the name's where the caller gives
#: none.
RAW_TYPES = {
    "application/fits": ".fits",
    "image/fits": ".fits",
    "application/x-votable+xml": ".xml",
    "text/xml": ".xml",
    "application/xml": ".xml",
    "text/csv": ".csv",
    "text/plain": ".txt",
    "application/x-npz": ".npz",
    "application/npz": ".npz",
    "application/zip": ".zip",
    "application/gzip": ".gz",
    "application/octet-stream": "",
    "application/vnd.apache.parquet": ".parquet",
}


def choose(accept: str) -> str | None:
    """Return which table an ``Accept`` header prefers to JSON; None: JSON.

    Only what is named counts: a browser's ``text/html, application/xml, */*`` gets JSON.
    """
    best: tuple[float, str | None] = (0.0, None)
    weights = media_weights(accept)
    if "text/html" in weights:
        return None
    for name, weight in weights.items():
        if name in {"application/json", "*/*", "application/*"} and weight > best[0]:
            best = weight, None
        elif name in TABLE_TYPES and weight > best[0]:
            best = weight, TABLE_TYPES[name]
    return best[1]
