"""The structure of a FITS file: its HDUs, found in the raw bytes.

Every size that a header promises is compared with what the file holds before anything is allocated.
Standard: FITS 4.0, 4.4.1 (mandatory keywords).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property

from spectra.fault import Fault
from spectra.reading.fits_file.ascii_table import AsciiTable
from spectra.reading.fits_file.hdu import IMAGE_TYPES, Bytes, Hdu, axes
from spectra.reading.fits_file.header import BLOCK, Header, read_header
from spectra.reading.limits import UNLIMITED, Limits
from spectra.reading.read_error import ReadError

__all__ = ["Bytes", "FitsFile", "Hdu", "data_size", "hdus"]

_MAX_HDUS = 10_000


def data_size(header: Header) -> int:
    """Return the number of data bytes that a header promises (FITS 4.0, equations 1 and 2).

    Parameters
    ----------
    header : Header
        The FITS header.

    Returns
    -------
    int
        Bytes, without padding.

    Raises
    ------
    ReadError
        If the header breaks the standard, or describes random groups.
    """
    lengths = axes(header)
    if not lengths:
        return 0
    bits = header.integer("BITPIX")
    if bits not in IMAGE_TYPES:
        raise ReadError(f"BITPIX {bits} is not a FITS data type")
    if lengths[0] == 0 and header.get("GROUPS") is True:
        raise ReadError("random-groups FITS files hold no spectra", Fault.UNKNOWN_FORMAT)
    elements = 1
    for length in lengths:
        elements *= length
    extra, groups = header.integer("PCOUNT", 0), header.integer("GCOUNT", 1)
    if extra < 0 or groups < 1:
        raise ReadError("the FITS header has an illegal PCOUNT or GCOUNT")
    return abs(bits) // 8 * groups * (extra + elements)


def hdus(data: Bytes, limits: Limits = UNLIMITED) -> Iterator[Hdu]:
    """Walk through the HDUs of a file; one that is cut short is the last, and carries its fault.

    Raises
    ------
    ReadError
        When the bytes are no FITS file, or a header is broken, or the first promises more data than follows.
    """
    if bytes(data[:6]) != b"SIMPLE":
        raise ReadError("it is not a FITS file (it does not begin with SIMPLE)", Fault.UNKNOWN_FORMAT)
    view = memoryview(data)
    offset = 0
    for index in range(_MAX_HDUS):
        header, start = read_header(view, offset)
        size = data_size(header)
        if start + size > len(view):
            held = max(len(view) - start, 0)
            fault = ReadError(
                f"HDU {index} promises {size:,} bytes of data, the file holds {held:,}: it is cut short",
                Fault.TRUNCATED,
            )
            if index == 0:
                raise fault
            yield Hdu(index, header, b"", limits, fault)
            return
        kind = AsciiTable if header.text("XTENSION") == "TABLE" else Hdu
        yield kind(index, header, view[start : start + size], limits)
        offset = start + (size + BLOCK - 1) // BLOCK * BLOCK
        if bytes(view[offset : offset + 8]) != b"XTENSION":
            return  # the end, or the special records that FITS 4.0 3.5 allows behind it


class FitsFile:
    """A whole FITS file, or what can be had of it.

    Parameters
    ----------
    found
        Its HDUs (`hdus` finds them).

    Attributes
    ----------
    fault
        What is broken behind the HDUs that can be read, or None: a spectrum that does not need it is read.
    """

    def __init__(self, found: Iterable[Hdu]) -> None:
        self.hdus: list[Hdu] = []
        self.fault: ReadError | None = None
        try:
            for hdu in found:
                self.hdus.append(hdu)
                self.fault = hdu.fault
        except ReadError as error:
            if not self.hdus:
                raise
            self.fault = error.within(f"HDU {len(self.hdus)}")

    @property
    def primary(self) -> Hdu:
        """The first HDU."""
        return self.hdus[0]

    @cached_property
    def _by_name(self) -> dict[str, Hdu]:
        return {hdu.name: hdu for hdu in reversed(self.hdus)}

    def named(self, name: str) -> Hdu | None:
        """Return the first HDU with this EXTNAME (in capitals), or None.

        Raises
        ------
        ReadError
            When it is cut short: what is asked for by name is needed.
        """
        hdu = self._by_name.get(name)
        if hdu is not None and hdu.fault is not None:
            raise hdu.fault
        return hdu

    def tables(self) -> Iterator[Hdu]:
        """Walk through the tables; one whose columns are not legal is left out (`fault` tells)."""
        return iter(self._sound_tables)

    @cached_property
    def _sound_tables(self) -> list[Hdu]:
        found = []
        for hdu in self.hdus:
            if not (hdu.is_table and len(hdu.data) > 0):
                continue
            try:
                hdu.columns  # noqa: B018 - parsed here for the first time
            except ReadError as error:
                self.fault = self.fault or error
            else:
                found.append(hdu)
        return found

    def check(self) -> None:
        """Make sure that nothing in it is broken.

        Raises
        ------
        ReadError
            Otherwise.
        """
        self.tables()
        if self.fault is not None:
            raise self.fault
