"""Every format that can be read, in the order in which a FITS file is tried on them: named formats first."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from spectra.fault import Fault
from spectra.reading.formats.format import Format
from spectra.reading.read_error import ReadError

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
        "surveys.lamost_tables:read_tables",
    ),
    Format(
        "sdss",
        "SDSS and BOSS spec",
        "a table with FLUX and LOGLAM; vacuum",
        "surveys.sdss:read_spec",
        "surveys.sdss:is_spec",
    ),
    Format(
        "sdss-plate",
        "SDSS and BOSS spPlate: the fibres of a plate",
        "an image with COEFF0 and a table that names its rows; vacuum",
        "surveys.plates:read_plate",
        "surveys.plates:is_plate",
    ),
    Format(
        "sdss-image",
        "SDSS spSpec (before DR8)",
        "TELESCOP begins with SDSS, an image; vacuum",
        "surveys.sdss:read_spspec",
        "surveys.sdss:is_spspec",
    ),
    Format(
        "apogee",
        "APOGEE apVisit, apStar, aspcapStar",
        "image HDUs of one shape: CTYPE1 is LOG-LINEAR, or HDU 4 holds wavelengths; vacuum",
        "surveys.apogee:read_apogee",
        "surveys.apogee:is_apogee",
    ),
    Format(
        "astra",
        "SDSS-V Milky Way Mapper: mwmVisit, mwmStar, astraVisit, astraStar",
        "SDSS_ID, and tables with arrays flux and ivar beside wavelength or CRVAL; vacuum",
        "surveys.astra:read_astra",
        "surveys.astra:is_astra",
    ),
    Format(
        "desi",
        "DESI co-added spectra, the three arms joined",
        "HDUs B_WAVELENGTH, B_FLUX …; vacuum",
        "surveys.desi:read_coadd",
        "surveys.desi:is_desi",
    ),
    Format(
        "gaia",
        "Gaia XP and RVS sampled mean spectra (also GaiaXPy's)",
        "columns source_id and flux without an axis, in FITS, VOTable, CSV or ECSV; vacuum",
        "tables.gaia:read_gaia",
        "tables.gaia_rows:is_gaia_fits",
    ),
    Format(
        "galah",
        "GALAH (HERMES cameras), data releases 2 to 4",
        "ORIGIN says GALAH, or an HDU INPUT_SIGMA or RELATIVE_ERROR; air",
        "surveys.galah:read_galah",
        "surveys.galah:is_galah",
    ),
    Format(
        "iue",
        "IUE MXLO and MXHI",
        "single numbers WAVELENGTH and DELTAW beside an array FLUX or ABS_CAL; vacuum",
        "surveys.iue:read_iue",
        "surveys.iue:is_iue",
    ),
    Format(
        "pypeit",
        "PypeIt spec1d and coadd1d",
        "columns OPT_WAVE or BOX_WAVE, or PypeIt's keywords beside wave and flux; vacuum",
        "surveys.pypeit:read_pypeit",
        "surveys.pypeit:is_pypeit",
    ),
    Format(
        "mpdaf",
        "MPDAF (MUSE) Spectrum and Source",
        "HDUs DATA and STAT, or SPE_…_DATA; the frame that CTYPE1 states, else air",
        "surveys.mpdaf:read_mpdaf",
        "surveys.mpdaf:is_mpdaf",
    ),
    Format(
        "e2ds",
        "HARPS and HARPS-N e2ds (orders with polynomials)",
        "an image of orders, CAL TH DEG LL of the DRS in its header; air",
        "surveys.e2ds:read_e2ds",
        "surveys.e2ds:is_e2ds",
    ),
    Format(
        "linetools",
        "linetools: one HDU per column",
        "HDUs WAVELENGTH and FLUX; the frame that METADATA states, else vacuum",
        "fits.columns:read_columns",
        "fits.columns:is_columns",
    ),
    Format(
        "multispec",
        "IRAF multispec and equispec (echelle orders)",
        "CTYPE1 is MULTISPE or WAT0 says multispec; air unless the header says otherwise",
        "fits.multispec:read_multispec",
        "fits.multispec:is_multispec",
    ),
    Format(
        "table",
        "Binary table: two columns, ESO phase 3, STIS, FUSE, JWST, DEEP2, VO spectra",
        "a spectral and a flux column, by utype or name; em.wl;obs.atmos and Ondřejov are air, else vacuum",
        "fits.tables:read_tables",
        "fits.tables:is_tables",
    ),
    Format(
        "image",
        "One-dimensional image (IRAF, MIDAS, MILES, STELIB)",
        "CRVAL1 with CDELT1 or CD1_1, DC-FLAG=1 is log10; air unless the header says otherwise",
        "fits.image:read_images",
        "fits.image:is_images",
    ),
    Format(
        "image-rows",
        "Image whose every row is a spectrum on one axis",
        "never by itself: ask for it where a header does not say that its rows are spectra; frame as image",
        "fits.image:read_every_row",
    ),
    Format(
        "rows",
        "Image of rows: wavelength, flux, error (Spextool, SpeX Prism Library)",
        "an image of 2 to 4 rows without a linear axis whose first row is a wavelength; vacuum",
        "fits.rows:read_rows",
        "fits.rows:is_rows",
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
        "tables.npz.matrix:read_npz",
    ),
    Format(
        "multimodal",
        "Multimodal Universe and alike: Parquet with spectra as structures",
        "a column of structures with flux and lambda, or columns spectrum_flux and spectrum_lambda; vacuum",
        "tables.multimodal:read_multimodal",
    ),
    Format(
        "parquet",
        "Parquet: feature sets and tables",
        "begins with PAR1; vacuum",
        "tables.parquet:read_parquet",
    ),
    Format(
        "libreesprit",
        "LibreESpRIT .s (ESPaDOnS, NARVAL)",
        "a line that begins with *** and a line of two whole numbers; nm in air",
        "surveys.libreesprit:read_libreesprit",
    ),
    Format(
        "korel",
        "KOREL's korel.dat: the epochs of a star",
        "a line of time, wavelength, step, weight and number of points before the fluxes; air",
        "formats.korel:read_korel",
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
