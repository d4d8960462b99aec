"""When, where and in which frame the spectra were observed."""

from __future__ import annotations

from marshmallow import Schema

from deepaas_plugins.methods.disentangling.parameters.text_field import text
from spectra.observation.moment import SYSTEMS as TIME_SYSTEMS
from spectra.steps.parameters import boolean, choice, number

#: Where the times of the spectra come from.
TIME_SOURCES = ("file", "label", "list")


class ObservingParameters(Schema):
    """Times and frames."""

    time_source = choice(
        "Times from",
        "file: headers and columns (BJD, HJD, JD, MJD); label: the label of a spectrum is its time; list: "
        "the list below.",
        list(TIME_SOURCES),
        "file",
    )
    star = text(
        "Star",
        "Use only the spectra of this object, by its name in the dataset. Empty: all must be of one.",
        longest=200,
        advanced=False,
    )
    times = text(
        "List of times",
        "One time a line, in the order of the spectra; or a name and a time a line, separated by a comma.",
        lines=True,
    )
    time_system = choice(
        "System of the times",
        "file: as the files state it, and of labels and lists BJD. Otherwise what is meant; MJD is taken as "
        "UTC at the observatory.",
        ["file", "MJD", *TIME_SYSTEMS],
        "file",
        advanced=True,
    )
    barycentric_times = boolean(
        "Correct times to the barycentre",
        "Turns times of the observatory's clock into BJD (TDB); needs position and site.",
        False,
        advanced=True,
    )
    frame = choice(
        "Frame of the wavelengths",
        "barycentric: the motion of the Earth is taken out already, as archives mostly do; observatory: it "
        "is taken out here; needs position and site, or the velocity that the files state.",
        ["barycentric", "observatory"],
        "barycentric",
        advanced=True,
    )
    right_ascension = number(
        "Right ascension",
        "Of the star, ICRS; by default as the files state it.",
        None,
        minimum=0.0,
        maximum=360.0,
        unit="°",
        advanced=True,
    )
    declination = number(
        "Declination",
        "Of the star, ICRS.",
        None,
        minimum=-90.0,
        maximum=90.0,
        unit="°",
        advanced=True,
    )
    site_longitude = number(
        "Longitude of the telescope",
        "East positive; by default as the files state it.",
        None,
        minimum=-180.0,
        maximum=360.0,
        unit="°",
        advanced=True,
    )
    site_latitude = number(
        "Latitude of the telescope",
        "North positive.",
        None,
        minimum=-90.0,
        maximum=90.0,
        unit="°",
        advanced=True,
    )
    site_altitude = number(
        "Altitude of the telescope",
        "Above the ellipsoid.",
        0.0,
        minimum=-500.0,
        maximum=20000.0,
        unit="m",
        advanced=True,
    )
