"""The motion of the Earth: barycentric dates, and the velocity of the observer towards a star.

astropy's built-in ephemeris and its bundled Earth-rotation table serve; nothing is downloaded. For dates
beyond the table UT1 − UTC is taken as 0: an error below 0.5 m/s.
"""

from __future__ import annotations

import warnings

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]


def corrections(
    dates: FloatArray,
    scales: list[str],
    position: FloatArray,
    site: FloatArray,
) -> tuple[FloatArray, FloatArray]:
    """Return barycentric dates and velocities.

    Parameters
    ----------
    dates : ndarray
        Julian dates of the observatory's clock, shape (epochs,).
    scales : list of str
        "utc", "tai", "tt" or "tdb" of each.
    position : ndarray
        Right ascension and declination of each, degrees (ICRS), shape (epochs, 2).
    site : ndarray
        Longitude, latitude (degrees) and altitude (m) of each, shape (epochs, 3).

    Returns
    -------
    tuple of ndarray
        BJD (TDB), and the velocity of the observer towards the star in km/s, which barycentric spectra have
        been corrected for; shape (epochs,) each.
    """
    from astropy import units  # noqa: PLC0415 - for jobs that ask for it
    from astropy.coordinates import EarthLocation, SkyCoord  # noqa: PLC0415
    from astropy.time import Time  # noqa: PLC0415
    from astropy.utils import iers  # noqa: PLC0415

    place = EarthLocation.from_geodetic(site[:, 0] * units.deg, site[:, 1] * units.deg, site[:, 2] * units.m)
    star = SkyCoord(position[:, 0] * units.deg, position[:, 1] * units.deg, frame="icrs")
    with (
        warnings.catch_warnings(),
        iers.conf.set_temp("auto_download", False),
        iers.conf.set_temp("iers_degraded_accuracy", "ignore"),
    ):
        warnings.simplefilter("ignore")
        barycentric, speeds = np.empty(len(dates)), np.empty(len(dates))
        for scale in sorted(set(scales)):
            rows = np.array([one == scale for one in scales])
            times = Time(dates[rows], format="jd", scale=scale, location=place[rows])
            late = times.light_travel_time(star[rows], kind="barycentric")
            barycentric[rows] = (times.tdb + late).jd
            found = star[rows].radial_velocity_correction(kind="barycentric", obstime=times)
            speeds[rows] = found.to_value(units.km / units.s)
    return barycentric, speeds
