"""What the name of a column or HDU, or the text of a band, says that the numbers are.

One vocabulary for all readers. A name is cut into words (``fluxVariance``, ``FLAM_SIG`` and ``fluxerr`` give
flux and variance, flam and sig, flux and err). Of a column, every word must be known, because tables hold
columns beside a spectrum (``Z_ERR``, ``sky_sigma``); of the text of a band or the name of an HDU, any word
counts. Sources of the names: linetools `readspec` and its issue 496, IRAF `apall` (BANDIDn), ESO data
interface (SCIDATA, ERRDATA, QUALDATA), MUSE (STAT is the variance), and the surveys that specutils reads.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import StrEnum
from functools import lru_cache
from itertools import zip_longest

from spectra.spectrum import ErrorKind


class Role(StrEnum):
    """What a plane, column or HDU holds."""

    FLUX = "flux"
    SIGMA = "sigma"
    VARIANCE = "variance"
    IVAR = "ivar"
    MASK = "mask"
    WAVELENGTH = "wavelength"
    #: Sky, background, continuum, a model …: neither a spectrum of the object nor about its flux.
    OTHER = "other"


ERROR_KINDS: dict[Role, ErrorKind] = {
    Role.SIGMA: "sigma",
    Role.VARIANCE: "variance",
    Role.IVAR: "ivar",
}
_LONGEST = 100  # characters: no name of a column is longer, and hostile ones are not looked at


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_FLUX = _words(
    "flux fluxes flam fnu flambda spec spectrum spectra intensity counts count object obj science "
    "sci target star data signal extract extracted final"
)
_SIGMA = _words(
    "err errs error errors sigma sigmas sig unc uncert uncertainty uncertainties noise std stdev stddev "
    "stderr rms rmse staterror staterr eflux dflux ferr ferror fluxe"
)
_VARIANCE = _words("var variance variances mse")
_IVAR = _words("ivar ivars invvar invvariance inversevariance invmse")
_INVERSE = _words("inv inverse")
_BAD = _words(
    "masked flagged bad badpix bpm rejected reject ismasked isflagged isbad isrejected outlier outliers "
    "cosmic cosmics invalid unused unusable"
)
_MASK = _BAD | _words("mask masks dq dqs qual quality flag flags pixmask andmask ormask bitmask pixelmask")
_GOOD = _words(
    "good valid gpm use used usable ok unmasked unflagged gooddata goodpix goodpixel goodpixels "
    "isgood isvalid"
)
_NEGATED = _words("not non no")
_NOT = _BAD | _NEGATED
_WAVELENGTH = _words("wave waves wavelength wavelengths wavl lambda lam loglam wl")
_OTHER = _words(
    "sky background bkg bg raw continuum cont model template response sensitivity flat arc lamp throughput "
    "telluric transmission residual residuals weight weights exposure exptime wavedisp dispersion lsf "
    "resolution profile trace blaze ratio nonss thumbnail photometry skychart calibration sensfunc wdisp"
)
_UNREDUCED = _words("raw unreduced uncalibrated nofluxcal nonss uncorrected")
_NORMALISED = _words("norm normalised normalized normflux")
_TAKEN_AWAY = _words(
    "subtracted sub corrected corr free removed normalised normalized divided cleaned less weighted"
)
_QUALIFIERS = _words(
    "opt box reduced rel obs total tot stat statistical value values accuracy counts count f scaled"
)
_SMALL = _words("e d delta")
_PIXELS = _words("pix pixel pixels data is map bit bits and")
_SYSTEMATIC = _words("sys syst systematic")
_APART = _words("opt box reduced counts count")
"""Words that tell one flux of a table from another: errors of the other are not taken."""
_KNOWN = sorted(
    (
        _FLUX
        | _SIGMA
        | _VARIANCE
        | _IVAR
        | _MASK
        | _WAVELENGTH
        | _OTHER
        | {"d", "inv", "norm"}
        | {"good", "pix"}
    )
    - {"bg", "f"},
    key=len,
    reverse=True,
)
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_WORD = re.compile(r"[a-z]+")
_HEAD_ENDS = re.compile(r"\s-\s|[:;,(\[]")


@lru_cache(4096)
def words_of(text: str) -> tuple[str, ...]:
    """Cut a name into words, small letters; compounds of known words (fluxerr) are cut, too."""
    if len(text) > _LONGEST:
        return ()
    plain = _CAMEL.sub(" ", text).lower()
    found: list[str] = []
    for word in _WORD.findall(plain):
        found += _segments(word) or (word,)
    return tuple(found)


@lru_cache(4096)
def _segments(word: str) -> tuple[str, ...]:
    """Return the known words that a compound is made of, or () where it is none."""
    for known in _KNOWN:
        if word == known:
            return (word,)
        if word.startswith(known) and (rest := _segments(word[len(known) :])):
            return (known, *rest)
    return ()


@lru_cache(4096)
def role_of_text(text: str) -> Role | None:
    """Tell what a band, row or HDU holds from its text or name; None where it says nothing known.

    What stands before a dash, colon, comma or bracket decides where it says something: IRAF writes
    "spectrum - background fit, weights variance, clean no".
    """
    head = _HEAD_ENDS.split(text, maxsplit=1)[0]
    return _role(_kept(words_of(head))) or _role(_kept(words_of(text[:_LONGEST])))


def _kept(words: tuple[str, ...]) -> tuple[str, ...]:
    """Leave out what was taken away from a flux ("sky subtracted", "telluric corrected")."""
    return tuple(
        word
        for word, after in zip_longest(words, words[1:], fillvalue="")
        if after not in _TAKEN_AWAY and word not in _TAKEN_AWAY
    )


def _role(words: Iterable[str]) -> Role | None:
    there = frozenset(words)
    if there & _FLUX or {"f", "lambda"} <= there:
        there = there - {"lambda", "lam"} | {"flux"}  # of F-lambda
        there -= _UNREDUCED  # a spectrum still; `flux_rank` puts it behind
    if there & _IVAR or (there & _INVERSE and there & _VARIANCE):
        return Role.IVAR
    for role, known in (
        (Role.VARIANCE, _VARIANCE),
        (Role.SIGMA, _SIGMA),
        (Role.MASK, _MASK),
        (Role.OTHER, _OTHER),
        (Role.WAVELENGTH, _WAVELENGTH),
        (Role.FLUX, _FLUX | _UNREDUCED | _NORMALISED),
    ):
        if there & known:
            return role
    if there == {"stat"}:
        return Role.VARIANCE
    return Role.MASK if there & _GOOD and there <= _GOOD | _PIXELS | _NEGATED else None


@lru_cache(4096)
def is_inverted(name: str) -> bool:
    """Tell whether the name of a mask says that 1 (or True) is a good pixel: USE, good_mask, GPM, valid."""
    words = _column_words(name)
    if words & _NEGATED:
        return bool(words & _BAD)
    return bool(words & _GOOD) and not words & _BAD


@lru_cache(4096)
def may_be_flux(name: str) -> bool:
    """Tell whether a column beside a spectral axis may be its flux: no errors, mask, sky, model or axis."""
    plain = name.partition("(")[0].partition("[")[0]
    return role_of_column(name) is None and role_of_text(plain) in {None, Role.FLUX}


def flux_rank(text: str) -> int:
    """Rank texts that are a flux: 0 the reduced one, 1 normalised, 2 not (fully) reduced."""
    words = frozenset(words_of(text))
    return 2 if words & _UNREDUCED else 1 if words & _NORMALISED else 0


@lru_cache(4096)
def role_of_column(name: str) -> Role | None:
    """Tell whether a column holds errors or a mask of the flux, from its name; None where it holds neither.

    Every word of the name must be one of these, of a flux, or a word that qualifies them.
    """
    words = _column_words(name)
    if words == {"stat"}:
        return Role.VARIANCE
    role = _role(words)
    if role not in {Role.IVAR, Role.VARIANCE, Role.SIGMA, Role.MASK}:
        if (
            words & {"e", "d", "delta"}
            and words & _FLUX
            and words <= _FLUX | _QUALIFIERS | {"e", "d", "delta"}
        ):
            return Role.SIGMA
        return None
    own = {
        Role.IVAR: _IVAR | _INVERSE | _VARIANCE,
        Role.VARIANCE: _VARIANCE,
        Role.SIGMA: _SIGMA,
        Role.MASK: _MASK | _GOOD | _NOT | _PIXELS,
    }[role]
    return role if words <= own | _FLUX | _QUALIFIERS else None


def _column_words(name: str) -> frozenset[str]:
    """Return the words of a column's name without the unit in brackets behind it."""
    return frozenset(words_of(name.partition("(")[0].partition("[")[0]))


def companion(names: Iterable[str], flux: str, roles: Iterable[Role]) -> tuple[str, Role] | None:
    """Return the column of these roles that belongs to a flux, and its role; or None.

    Parameters
    ----------
    names
        All columns.
    flux
        The one that is the flux.
    roles
        What is looked for, the preferred first.
    """
    order = list(roles)
    base = _column_words(flux)
    best: tuple[tuple[int, int, int], str, Role] | None = None
    for place, name in enumerate(names):
        role = role_of_column(name)
        if role is None or role not in order or name == flux:
            continue
        words = _column_words(name)
        apart, wanted = words & _APART, base & _APART
        if words & _SYSTEMATIC or (apart and apart != wanted):
            continue
        score = (int(apart != wanted), order.index(role), place)
        if best is None or score < best[0]:
            best = (score, name, role)
    return best[1:] if best else None
