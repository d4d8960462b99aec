"""Spectra in a JSON body: ``{"wavelength": […], "flux": […]}``, one or many.

Many come as a list of such objects, as ``{"spectra": [objects]}``, or as a matrix: one ``wavelength`` and
rows of ``flux``. Beside them an object may have ``name``, ``unit`` (default Å), ``frame`` ("vacuum", the
default, or "air"), ``ivar`` and ``mask`` (true: bad pixel); ``names`` goes with a matrix.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from spectra import Source, Spectrum, SpectrumMeta, UnreadableSpectrum
from spectra.fault import Fault
from spectra.reading.assemble import Axis, assemble
from spectra.reading.limits import UNLIMITED, Limits
from spectra.reading.read_error import ReadError
from spectra.reading.units import required_unit


def holds_spectra(content: Any) -> bool:
    """Whether a JSON body is spectra, or has them beside other arguments."""
    if isinstance(content, list):
        return bool(content) and all(isinstance(each, Mapping) and "flux" in each for each in content)
    return isinstance(content, Mapping) and ("flux" in content or "spectra" in content)


def read(content: Any, limits: Limits = UNLIMITED) -> Iterator[Spectrum | UnreadableSpectrum]:
    """Walk through the spectra; what is none comes as an `UnreadableSpectrum`."""
    for number, each in enumerate(_objects(content)):
        name = f"spectrum-{number}"
        if not isinstance(each, Mapping):
            yield UnreadableSpectrum(name, "it is no JSON object with wavelength and flux", Fault.NO_SPECTRUM)
            continue
        name = str(each.get("name") or name)
        try:
            yield _spectrum(each, name, limits)
        except ReadError as error:
            yield UnreadableSpectrum(name, str(error), error.kind)
        except (TypeError, ValueError, OverflowError) as error:
            yield UnreadableSpectrum(name, f"it cannot be read ({error})")


def _objects(content: Any) -> Iterator[Any]:
    if isinstance(content, Mapping) and "spectra" in content:
        content = content["spectra"]
        if not isinstance(content, list):
            content = [content]
    if isinstance(content, list):
        yield from content
    elif _is_matrix(content.get("flux")):
        shared = {
            key: value
            for key, value in content.items()
            if key not in {"flux", "names", "ivar", "mask", "name"}
        }
        names = content.get("names")
        for number, row in enumerate(content["flux"]):
            one = shared | {"flux": row}
            for key in ("ivar", "mask"):
                if _is_matrix(content.get(key)) and number < len(content[key]):
                    one[key] = content[key][number]
            if isinstance(names, list) and number < len(names):
                one["name"] = names[number]
            yield one
    else:
        yield content


def _is_matrix(values: Any) -> bool:
    return isinstance(values, list) and bool(values) and isinstance(values[0], list)


def _spectrum(given: Mapping[str, Any], name: str, limits: Limits) -> Spectrum:
    for key in ("wavelength", "flux"):
        if not isinstance(given.get(key), list):
            raise ReadError(f"it has no list {key}", Fault.NO_SPECTRUM)
        limits.check(len(given[key]))
    frame = str(given.get("frame", "vacuum")).lower()
    if frame not in {"air", "vacuum"}:
        raise ReadError(f"its frame is {frame!r}; it is air or vacuum", Fault.UNKNOWN_UNIT)
    unit = required_unit(str(given.get("unit", "Angstrom")))
    flux = _numbers(given["flux"])
    ivar = None if given.get("ivar") is None else _numbers(given["ivar"])
    flags = None if given.get("mask") is None else np.asarray(given["mask"], dtype=bool)
    for other in (ivar, flags):
        if other is not None and other.shape != flux.shape:
            raise ReadError(
                f"its flux has {flux.size} points and its ivar or mask has {other.size}", Fault.BAD_AXIS
            )
    meta = SpectrumMeta(name, unit=unit.name, frame=frame, source=Source(name))
    return assemble(Axis(_numbers(given["wavelength"]), unit, frame), flux, meta, ivar=ivar, flags=flags)


def _numbers(values: list[Any]) -> Any:
    # null stands for a missing value; numpy makes NaN of None.
    return np.asarray(values, dtype=np.float64)
