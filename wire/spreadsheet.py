"""Cells of CSV that is opened in spreadsheets: text that would be taken for a formula is written as text.

The apostrophe is what spreadsheets themselves put before such text (OWASP, "CSV injection"). Parquet and
VOTable have types, and keep the text as it is.
"""

from __future__ import annotations

import re
from typing import Any

# Spaces that are not seen (no-break, zero width, byte order mark); signs of full width are signs too.
FORMULA = "^[\\s\u00a0\u200b\ufeff]*[=+\\-@\\t\\r\\n|%\uff1d\uff0b\uff0d\uff20]"
"""Regular expression (of `re` and RE2) of text that a spreadsheet may take for a formula."""
_FORMULA = re.compile(FORMULA)
_NUMBER = re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*\Z")


def cell(value: Any) -> Any:
    """Return the value of a cell; text that begins like a formula, and is no number, gets an apostrophe."""
    if isinstance(value, str) and _FORMULA.match(value) and not _NUMBER.match(value):
        return f"'{value}"
    return value


def text_of(written: str) -> str:
    """Return the text from which `cell` made a cell."""
    text = written.removeprefix("'")
    return text if text != written and cell(text) == written else written
