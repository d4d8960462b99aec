"""Spectra in the XML of the IVOA Spectrum Data Model 1.01: points with the attributes SP and F."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree import ElementTree

import numpy as np

from spectra.fault import Fault
from spectra.reading.assemble import Axis, assemble
from spectra.reading.content import Content
from spectra.reading.grid import VACUUM
from spectra.reading.read_error import ReadError
from spectra.reading.tables.xml import safe_xml
from spectra.reading.units import ANGSTROM, required_unit
from spectra.spectrum import Spectrum, SpectrumMeta

_SEGMENTS = ("Spectrum", "Segment", "BaseSegment", "Photometry")


def read_sed(content: Content) -> Iterator[Spectrum | ReadError]:
    """Read one spectrum per segment.

    Raises
    ------
    ReadError
        When it is no such document.
    """
    try:
        root = ElementTree.fromstring(safe_xml(content))  # noqa: S314 - safe_xml rejects what this is warned of
    except ElementTree.ParseError as error:
        raise ReadError(f"its XML is broken ({error})") from error
    segments = [element for element in root.iter() if _tag(element) in _SEGMENTS and _points(element)]
    if not segments:
        raise ReadError("its XML is neither a VOTable nor an IVOA spectrum with points", Fault.UNKNOWN_FORMAT)
    target = next((element.text for element in root.iter() if _tag(element) == "Name" and element.text), None)
    for index, segment in enumerate(segments):
        many = len(segments) > 1
        source = content.source(None, index if many else None)
        try:
            yield _spectrum(segment, SpectrumMeta(content.stem, group=target, source=source))
        except ReadError as error:
            if not many:
                raise
            yield error.within(f"segment {index}")


def _tag(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]


def _points(segment: ElementTree.Element) -> list[ElementTree.Element]:
    return [
        point for point in segment.iter() if _tag(point) == "Point" and point.get("SP") and point.get("F")
    ]


def _spectrum(segment: ElementTree.Element, meta: SpectrumMeta) -> Spectrum:
    points = _points(segment)
    try:
        values = np.array([float(point.get("SP", "")) for point in points])
        flux = np.array([float(point.get("F", "")) for point in points])
    except ValueError as error:
        raise ReadError(f"a point of it is no number ({error})") from error
    named = next(
        (axis.get("unit") for axis in segment.iter() if _tag(axis) == "SpectralAxis" and axis.get("unit")),
        None,
    )
    unit = required_unit(named) if named else ANGSTROM
    meta = SpectrumMeta(
        meta.name,
        group=meta.group,
        unit=unit.name,
        frame=VACUUM,
        source=meta.source,
        extra={"frame_assumed": True},
    )
    return assemble(Axis(values, unit), flux, meta)
