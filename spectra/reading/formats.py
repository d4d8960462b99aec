"""The formats that can be read: name, title, how each is recognised, and its reader.

Readers load when they are first needed: nothing here imports astropy, specutils or pyarrow.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from types import MappingProxyType

from spectra.fault import Fault
from spectra.reading.content import Content
from spectra.reading.fits_file.header import Header
from spectra.reading.fits_file.structure import FitsFile
from spectra.reading.read_error import ReadError
from spectra.spectrum import Spectrum

Reader = Callable[[Content], Iterator[Spectrum | ReadError]]


@dataclass(frozen=True, slots=True)
class Format:
    """A format that can be read.

    Parameters
    ----------
    name
        For the argument `format`.
    title
        For people.
    recognised
        How a file of it is recognised, and which frame is taken where the file states none.
    reader
        ``module:function`` below ``spectra.reading``.
    """

    name: str
    title: str
    recognised: str
    reader: str

    def read(self, content: Content) -> Iterator[Spectrum | ReadError]:
        """Read every spectrum; a rejected one is yielded as a `ReadError`, a rejected file raises one."""
        module, _, function = self.reader.partition(":")
        reader: Reader = getattr(import_module(f"spectra.reading.{module}"), function)
        return reader(content)


_ALL = (
    Format(
        "lamost",
        "LAMOST low resolution (image)",
        "TELESCOP is LAMOST, an image of planes; vacuum",
        "surveys.lamost:read_image",
    ),
    Format(
        "lamost-table",
        "LAMOST tables: MRS, and LRS of later releases",
        "TELESCOP is LAMOST, tables with FLUX and LOGLAM or WAVELENGTH; vacuum",
        "surveys.lamost:read_tables",
    ),
    Format("sdss", "SDSS and BOSS spec", "a table with FLUX and LOGLAM; vacuum", "surveys.sdss:read_spec"),
    Format(
        "sdss-image",
        "SDSS spSpec (before DR8)",
        "TELESCOP begins with SDSS, an image; vacuum",
        "surveys.sdss:read_spspec",
    ),
    Format(
        "desi",
        "DESI co-added spectra, the three arms joined",
        "HDUs B_WAVELENGTH, B_FLUX …; vacuum",
        "surveys.desi:read_coadd",
    ),
    Format(
        "gaia",
        "Gaia XP and RVS sampled mean spectra (also GaiaXPy's)",
        "columns source_id and flux without an axis, in FITS, VOTable, CSV or ECSV; vacuum",
        "surveys.gaia:read_gaia",
    ),
    Format(
        "linetools",
        "linetools: one HDU per column",
        "HDUs WAVELENGTH and FLUX; the frame that METADATA states, else vacuum",
        "fits.columns:read_columns",
    ),
    Format(
        "multispec",
        "IRAF multispec and equispec (echelle orders)",
        "CTYPE1 is MULTISPE or WAT0 says multispec; air unless the header says otherwise",
        "fits.multispec:read_multispec",
    ),
    Format(
        "table",
        "Binary table: two columns, ESO phase 3, STIS, FUSE, JWST, DEEP2, VO spectra",
        "a spectral and a flux column, by utype or name; em.wl;obs.atmos and Ondřejov are air, else vacuum",
        "fits.tables:read_tables",
    ),
    Format(
        "image",
        "One-dimensional image (IRAF, MIDAS, MILES, STELIB)",
        "CRVAL1 with CDELT1 or CD1_1, DC-FLAG=1 is log10; air unless the header says otherwise",
        "fits.image:read_images",
    ),
    Format(
        "rows",
        "Image of rows: wavelength, flux, error (Spextool, SpeX Prism Library)",
        "an image of 2 to 4 rows without a linear axis whose first row is a wavelength; vacuum",
        "fits.rows:read_rows",
    ),
    Format(
        "votable",
        "VOTable",
        "a VOTABLE element; vacuum unless the UCD says em.wl;obs.atmos",
        "tables.votable:read_votable",
    ),
    Format(
        "sed-xml",
        "IVOA Spectrum and SED 1.0 XML",
        "an SED or Spectrum element with points; vacuum",
        "tables.sedxml:read_sed",
    ),
    Format(
        "npz",
        "NumPy matrix: spectra as rows",
        "a zip of .npy members with wave… and flux; vacuum unless the name says air",
        "tables.matrix:read_npz",
    ),
    Format(
        "parquet",
        "Parquet: feature sets and tables",
        "begins with PAR1; vacuum",
        "tables.parquet:read_parquet",
    ),
    Format(
        "text",
        "Text: CSV, ECSV, columns of numbers",
        "columns of numbers, with names or without; vacuum unless the name says air",
        "tables.text:read_text",
    ),
    Format(
        "specutils",
        "Any other format that specutils knows",
        "what none of the others recognises; vacuum",
        "tables.specutils:read_specutils",
    ),
)

FORMATS: Mapping[str, Format] = MappingProxyType({form.name: form for form in _ALL})
"""Every format by name."""


def named(name: str) -> Format:
    """Return a format by name.

    Raises
    ------
    ReadError
        When there is none of that name.
    """
    if name not in FORMATS:
        raise ReadError(f"there is no format {name!r}; known are {', '.join(FORMATS)}", Fault.UNKNOWN_FORMAT)
    return FORMATS[name]


def recognise(content: Content) -> Format:
    """Tell the format from the bytes (never from the ending alone).

    Raises
    ------
    ReadError
        When the bytes are of no format that holds spectra.
    """
    from spectra.reading.surveys import gaia  # noqa: PLC0415

    head = content.head
    if head[:6] == b"SIMPLE":
        return FORMATS[fits_format(content.header[0], lambda: content.fits)]
    if head[:4] == b"PK\x03\x04":
        return FORMATS["npz"]
    if head[:4] == b"PAR1":
        return FORMATS["parquet"]
    if head[:8] == b"\x89HDF\r\n\x1a\n":
        raise ReadError(
            "it is an HDF5 file; import it as a feature set, or write its spectra as NPZ, FITS or text",
            Fault.UNKNOWN_FORMAT,
        )
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if start[:1] == b"<":
        if b"<VOTABLE" not in head.upper() and b":VOTABLE" not in head.upper():
            return FORMATS["sed-xml"]
        return FORMATS["gaia" if gaia.is_gaia_votable(content) else "votable"]
    if b"\x00" in head:
        raise ReadError("it is of no format that is known to hold spectra", Fault.UNKNOWN_FORMAT)
    return FORMATS["gaia" if gaia.is_gaia_text(content) else "text"]


def fits_format(header: Header, structure: Callable[[], FitsFile]) -> str:
    """Tell the format of a FITS file.

    Parameters
    ----------
    header
        Its primary header.
    structure
        Gives its HDUs, where the header alone does not tell.
    """
    image = header.integer("NAXIS") == 2
    if header.text("TELESCOP") == "LAMOST":
        return "lamost" if image else "lamost-table"
    return _fits_structure(structure(), sdss_image=image and header.text("TELESCOP").startswith("SDSS"))


def _fits_structure(file: FitsFile, *, sdss_image: bool) -> str:
    from spectra.reading.fits import image, multispec, tables  # noqa: PLC0415
    from spectra.reading.fits.columns import is_columns  # noqa: PLC0415
    from spectra.reading.fits.rows import is_rows  # noqa: PLC0415
    from spectra.reading.surveys import desi, gaia, sdss  # noqa: PLC0415

    if sdss_image and file.primary.header.number("COEFF0") is not None:
        return "sdss-image"
    checks: tuple[tuple[str, Callable[[FitsFile], bool]], ...] = (
        ("sdss", sdss.is_spec),
        ("desi", desi.is_desi),
        ("gaia", gaia.is_gaia_fits),
        ("linetools", is_columns),
        ("multispec", multispec.is_multispec),
        ("table", lambda found: bool(tables.spectral_tables(found))),
        ("image", lambda found: any(image.has_axis(hdu) for hdu in found.hdus)),
        ("rows", is_rows),
    )
    return next((name for name, check in checks if check(file)), "specutils")
