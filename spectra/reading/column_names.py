"""The names of columns, and what they say.

Which column is the spectral axis, which the flux, the error, the label: one place for all tables, be they
text, NumPy, Parquet, FITS or VO. What the name of an axis says of its unit and frame is in
``units.axis_name``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from spectra.reading.units.axis_name import axis_name

FLUX = (
    "flux", "fluxes", "spec", "spectrum", "fluxvalue", "datafluxvalue", "intensity", "flux_density", "flam",
    "flux_reduced", "f_lambda", "flambda", "fnu", "f_nu", "normalized_flux", "normalised_flux", "norm_flux",
    "flux_norm", "flux_normalized", "flux_normalised", "reflectance",
)  # fmt: skip
LABEL = ("label", "class", "type", "mk_class", "taxonomy")
GROUP = (
    "group", "object", "designation", "object_id", "objid", "objname", "targname", "target_name", "source_id",
    "targetid", "target_id", "sdss_id", "catalogid", "apogee_id", "sobject_id", "mangaid",
)  # fmt: skip
"""Names of the object that a spectrum is of; not ``target``, which is a class in tables for learning."""
INSTRUMENT = ("instrument", "instrume", "survey", "telescope", "telescop")
"""Names of what a spectrum was observed with; ``source`` too in a manifest, where it is no object."""
NAME = ("name", "names", "fname", "id")
TIMES: dict[str, tuple[str, str]] = {
    **dict.fromkeys(("bjd", "bjd_tdb", "bjd_mid"), ("BJD", "JD")),
    **dict.fromkeys(("hjd", "hjd_mid"), ("HJD", "JD")),
    **dict.fromkeys(("jd", "jd_utc", "jd_mid", "julian_date"), ("JD(UTC)", "JD")),
    **dict.fromkeys(("mjd", "mjd_utc", "mjd_obs", "mjd-obs", "mjd_mid", "t_mid"), ("JD(UTC)", "MJD")),
}
"""Names of the time of observation: its system, and whether it is a modified Julian date."""
_BRACKETS = re.compile(r"^(.*?)\s*[(\[]\s*(.+?)\s*[)\]]$")

_SHOWN = 12
_PLAIN = re.compile(r"[^\W\d_][\w .;()\[\]/^*+-]{0,39}")


def shown_names(names: Sequence[str], most: int = _SHOWN) -> str:
    """Return the first names for a message, or how many columns there are where none looks like a name.

    A text that is no table has a first line too. It is not repeated: it may be anything.

    Parameters
    ----------
    names : sequence of str
        The names as they stand in the file.
    most : int
        How many are shown.

    Returns
    -------
    str
        For "its columns: …".
    """
    plain = [name.strip() for name in names if _PLAIN.fullmatch(name.strip())]
    if not plain:
        return f"{len(names)} without a name" if names else "none"
    return ", ".join(plain[:most]) + (", …" if len(names) > min(len(plain), most) else "")


def best_axis(names: Iterable[str]) -> str | None:
    """Return the likeliest spectral axis of some names, or None."""
    found = [(known.rank, name) for name in names if (known := axis_name(name)) is not None]
    return min(found)[1] if found else None


def first_of(names: Iterable[str], wanted: tuple[str, ...]) -> str | None:
    """Return the first wanted name that is there, whatever its case and unit in brackets, or None."""
    plain: dict[str, str] = {}
    for name in names:
        lower = name.strip().lower()
        match = _BRACKETS.match(lower)
        plain.setdefault(match[1] if match else lower, name)
    return next((plain[want] for want in wanted if want in plain), None)


def best_flux(names: Iterable[str]) -> str | None:
    """Return the likeliest flux of some names, or None."""
    return first_of(names, FLUX)
