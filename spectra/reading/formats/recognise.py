"""Tell the format of a file from its bytes, headers and columns."""

from __future__ import annotations

from collections.abc import Callable

from spectra.fault import Fault
from spectra.reading.content import Content
from spectra.reading.fits_file.header import Header
from spectra.reading.fits_file.structure import FitsFile
from spectra.reading.formats.foreign import check_foreign
from spectra.reading.formats.format import Format
from spectra.reading.formats.known import FORMATS
from spectra.reading.formats.rejected import check_ogip, check_sdfits
from spectra.reading.read_error import ReadError
from spectra.reading.tables.utf_16 import utf_16_codec


def recognise(content: Content) -> Format:
    """Tell the format from the bytes (never from the ending alone).

    Raises
    ------
    ReadError
        When the bytes are of no format that holds spectra.
    """
    from spectra.reading.tables import multimodal  # noqa: PLC0415

    head = content.head
    if head[:6] == b"SIMPLE":
        return FORMATS[fits_format(content.header[0], lambda: content.fits)]
    if head[:4] == b"PK\x03\x04":
        return FORMATS["npz"]
    if head[:4] == b"PAR1":
        return FORMATS["multimodal" if multimodal.is_multimodal(content) else "parquet"]
    check_foreign(head)
    return FORMATS[_text_format(content)]


def _text_format(content: Content) -> str:
    """Tell the format of XML or another text.

    Raises
    ------
    ReadError
        When it is no text.
    """
    from spectra.reading.formats import korel  # noqa: PLC0415
    from spectra.reading.surveys import libreesprit  # noqa: PLC0415
    from spectra.reading.tables import gaia_rows  # noqa: PLC0415

    head = content.head
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if start[:1] == b"<":
        if b"<VOTABLE" not in head.upper() and b":VOTABLE" not in head.upper():
            return "sed-xml"
        return "gaia" if gaia_rows.is_gaia_votable(content) else "votable"
    if (codec := utf_16_codec(head)) is not None:
        if head.decode(codec, "ignore").lstrip("\ufeff \t\r\n").startswith("<"):
            raise ReadError("its XML encoding is not UTF-8, ASCII or Latin-1", Fault.UNKNOWN_FORMAT)
        return "text"
    if b"\x00" in head:
        raise ReadError("it is of no format that is known to hold spectra", Fault.UNKNOWN_FORMAT)
    if korel.is_korel(content):
        return "korel"
    if libreesprit.is_libreesprit(content):
        return "libreesprit"
    return "gaia" if gaia_rows.is_gaia_text(content) else "text"


def fits_format(header: Header, structure: Callable[[], FitsFile]) -> str:
    """Tell the format of a FITS file.

    Parameters
    ----------
    header
        Its primary header.
    structure
        Gives its HDUs, where the header alone does not tell.

    Raises
    ------
    ReadError
        When it is a kind of file that is known and holds no spectrum, or a table is broken and no other HDU
        tells the format.
    """
    if header.text("TELESCOP") == "LAMOST":
        return "lamost" if header.integer("NAXIS") == 2 else "lamost-table"
    file = structure()
    check_sdfits(file)
    broken: ReadError | None = None
    for form in FORMATS.values():
        try:
            if form.fits(file):
                return form.name
        except ReadError as error:
            broken = broken or error
    if broken is not None:
        raise broken
    check_ogip(file)
    return "specutils"
