"""A file that DEEPaaS received: give it its name back for as long as it is read, then delete it."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


@contextmanager
def uploaded(upload: Any) -> Iterator[Path]:
    """Yield a path with the uploaded file's own name (formats and names of spectra depend on it).

    Parameters
    ----------
    upload
        DEEPaaS' `UploadedFile`: `filename` is a temporary file that DEEPaaS never deletes, so this does;
        `original_filename` is what the caller called it, which is not trusted.
    """
    stored = Path(upload.filename)
    original = Path(str(upload.original_filename or "")).name
    name = re.sub(r"[^A-Za-z0-9._+-]", "_", original).lstrip(".")[-128:] or "spectrum"
    with tempfile.TemporaryDirectory(prefix="huggins-") as folder:
        path = Path(folder) / name
        path.symlink_to(stored.resolve())
        try:
            yield path
        finally:
            if stored.resolve().parent == Path(tempfile.gettempdir()).resolve():
                stored.unlink(missing_ok=True)
