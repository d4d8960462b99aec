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


#: What ranges stand for, the first before all: JSON is None.
_RANGES: dict[str, tuple[str | None, ...]] = {
    "application/json": (None,),
    "*/*": (None, CSV_TYPE, VOTABLE_TYPE),
    "application/*": (None, VOTABLE_TYPE),
    "text/*": (CSV_TYPE, VOTABLE_TYPE),
    **{name: (kind,) for name, kind in TABLE_TYPES.items()},
}

#: What browsers name beside text/html, without wanting a table.
_OF_PAGES = {"text/xml", "application/xml"}


def choose(accept: str) -> str | None:
    """Return which table an ``Accept`` header prefers to JSON; None: JSON.

    A range stands for the first type that the header does not exclude (RFC 9110, section 12.5.1). A browser's
    ``text/html, application/xml, */*`` gets JSON.
    """
    best: tuple[float, str | None] = (0.0, None)
    weights = media_weights(accept)
    excluded = {kinds[0] for name, kinds in _RANGES.items() if weights.get(name) == 0.0 and "*" not in name}
    for name, weight in weights.items():
        if weight <= best[0] or (name in _OF_PAGES and "text/html" in weights):
            continue
        for kind in _RANGES.get(name, ()):
            if kind not in excluded:
                best = weight, kind
                break
    return best[1]
