"""Numbers in labels: one, or several with names, as in ``teff=5780; logg=4.44; feh=0.0``.

The platform checks them before a run, the methods that learn numbers read them.
"""

from __future__ import annotations

import math
import re

#: Name of a single number without a name.
ALONE = "value"
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,39}")


def parse(label: str) -> dict[str, float]:
    """Return the numbers of a label.

    Parameters
    ----------
    label : str
        A number, or ``name=number`` several times, parted by ``;`` or ``,``; ``nan`` and ``-`` are no value.

    Returns
    -------
    dict
        Name to finite value; what has none is left out.

    Raises
    ------
    ValueError
        It is something else; a few words that go on after the label's name.
    """
    found: dict[str, float] = {}
    seen: set[str] = set()
    for part in filter(None, (each.strip() for each in re.split(r"[;,]", label))):
        name, equals, text = part.partition("=") if "=" in part else (ALONE, "=", part)
        name, text = name.strip(), text.strip()
        if not equals or not _NAME.fullmatch(name) or name in seen or name == "name":
            raise ValueError("is not of the form teff=5780; logg=4.44")
        seen.add(name)
        if text.lower() in ("", "-", "nan"):
            continue
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            raise ValueError(f"says that {name} is {text!r}, which is no number")
        found[name] = value
    return found
