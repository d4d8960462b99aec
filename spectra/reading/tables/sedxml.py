"""Spectra in the XML of the IVOA Spectrum Data Model 1.01: points with the attributes SP and F."""

from __future__ import annotations

import io
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.etree import ElementTree

import numpy as np

from spectra.fault import Fault
from spectra.reading.assemble import Axis, assemble
from spectra.reading.content import Content
from spectra.reading.objects.columns import position
from spectra.reading.read_error import ReadError
from spectra.reading.tables.xml import safe_xml
from spectra.reading.units.meaning import Said, axis_meaning
from spectra.spectrum import Spectrum, SpectrumMeta

_Position = tuple[float | None, float | None]
_SEGMENTS = ("Spectrum", "Segment", "BaseSegment", "Photometry")


@dataclass(slots=True)
class _Segment:
    """Coordinates and fluxes of the points of one segment, those of segments within it left out."""

    values: array[float] = field(default_factory=lambda: array("d"))
    flux: array[float] = field(default_factory=lambda: array("d"))
    unit: str | None = None


def read_sed(content: Content) -> Iterator[Spectrum | ReadError]:
    """Read one spectrum per segment.

    Raises
    ------
    ReadError
        When it is no such document.
    """
    segments, target, place = _segments(safe_xml(content))
    if not segments:
        raise ReadError("its XML is neither a VOTable nor an IVOA spectrum with points", Fault.UNKNOWN_FORMAT)
    for index, segment in enumerate(segments):
        many = len(segments) > 1
        source = content.source(None, index if many else None)
        try:
            yield _spectrum(segment, SpectrumMeta(content.stem, *place, group=target, source=source))
        except ReadError as error:
            if not many:
                raise
            yield error.within(f"segment {index}")


def _segments(text: bytes) -> tuple[list[_Segment], str | None, _Position]:
    """Walk through the document once, holding numbers instead of elements.

    Returns segments, name and position of the target.
    """
    found: list[_Segment] = []
    within: list[_Segment] = []
    path: list[ElementTree.Element] = []
    target = None
    place: _Position = (None, None)
    events = ElementTree.iterparse(io.BytesIO(text), ("start", "end"))  # noqa: S314 - safe_xml has rejected what this is warned of
    try:
        for event, element in events:
            tag = element.tag.rpartition("}")[2]
            if event == "start":
                path.append(element)
                if tag in _SEGMENTS:
                    within.append(_Segment())
                    found.append(within[-1])
                elif within:
                    _take(within[-1], tag, element)
                continue
            if tag in _SEGMENTS:
                within.pop()
            elif tag == "Name":
                target = target or element.text
            elif tag == "Pos" and len(words := (element.text or "").split()) == 2:
                place = position(*words)
            path.pop()
            if path:
                path[-1].clear()  # what was read of it is not held: there may be millions of points
    except ElementTree.ParseError as error:
        raise ReadError(f"its XML is broken ({error})") from error
    return [segment for segment in found if segment.values], target, place


def _take(segment: _Segment, tag: str, element: ElementTree.Element) -> None:
    if tag == "Point" and (value := element.get("SP")) and (flux := element.get("F")):
        try:
            segment.values.append(float(value))
            segment.flux.append(float(flux))
        except ValueError as error:
            raise ReadError(f"a point of it is no number ({error})") from error
    elif tag == "SpectralAxis":
        segment.unit = segment.unit or element.get("unit")


def _spectrum(segment: _Segment, meta: SpectrumMeta) -> Spectrum:
    values = np.array(segment.values)
    meaning = axis_meaning(units=[Said(segment.unit or "", "SpectralAxis")], values=values)
    axis = Axis(values, meaning.unit, meaning.frame)
    return assemble(axis, np.array(segment.flux), meta, provenance=meaning.provenance("SP of the points"))
