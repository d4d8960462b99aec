"""Faults of spectra: the kind as data, and the sentence for people."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class Fault(StrEnum):
    """The class of what is wrong with a file, a spectrum or a manifest.

    Rejections are counted and grouped by it; the sentence beside it has the numbers of the case.
    """

    #: There is no such file, or no such spectrum in the file.
    MISSING = "missing"
    #: The file cannot be opened.
    NOT_OPENED = "not_opened"
    #: The file has changed since it was read.
    CHANGED = "changed"
    #: The file, folder, archive, column or spectrum holds nothing.
    EMPTY = "empty"
    #: The file is of no format that is read.
    UNKNOWN_FORMAT = "unknown_format"
    #: The format is known, but no axis and flux are found in the file.
    NO_SPECTRUM = "no_spectrum"
    #: The file is cut short.
    TRUNCATED = "truncated"
    #: The file breaks the rules of its format, or a reader fails on it.
    MALFORMED = "malformed"
    #: The file holds something that is never read: pickles, entities, links, names outside an archive.
    FORBIDDEN = "forbidden"
    #: The file or spectrum is larger than the limits.
    TOO_LARGE = "too_large"
    #: The unit or frame of the axis is not known.
    UNKNOWN_UNIT = "unknown_unit"
    #: The axis makes no ascending wavelengths, or arrays that belong together differ in shape.
    BAD_AXIS = "bad_axis"
    #: The manifest is wrong.
    BAD_MANIFEST = "bad_manifest"
    #: Too few points or good pixels.
    TOO_SHORT = "too_short"
    #: Values are not finite numbers.
    NOT_FINITE = "not_finite"
    #: Too many pixels are bad.
    BAD_PIXELS = "bad_pixels"
    #: The spectrum does not cover the range that the recipe needs.
    OUTSIDE_RANGE = "outside_range"
    #: The grid is not the one of the other spectra, or of those that a step was fitted on.
    OTHER_GRID = "other_grid"
    #: The resolution is coarser than the recipe asks for.
    TOO_COARSE = "too_coarse"
    #: The redshift is not known.
    NO_REDSHIFT = "no_redshift"
    #: The signal-to-noise ratio is too low, or cannot be measured.
    LOW_SNR = "low_snr"
    #: The flux or continuum cannot be divided by: zero, constant or not positive.
    NOT_SCALABLE = "not_scalable"


class Reason(NamedTuple):
    """Why a spectrum is left out.

    Attributes
    ----------
    kind
        The class of the fault.
    text
        One sentence.
    """

    kind: Fault
    text: str
