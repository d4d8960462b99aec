"""Velocity: radial velocities and redshifts of spectra against templates.

Start reading at `method.py`, then `training.py`, and `measuring.py`, which measures a chunk of rows:
`correlation` (all shifts at once by FFT, the peak and its error, the bisector) against the `templates`
(simple synthetic stars, a mask of lines, or the spectra of a dataset) and `two` (TODCOR, for double-lined
binaries). `redshift` has the redshifts of stars, galaxies and quasars.

Sources
-------
Tonry J., Davis M. 1979, AJ 84, 1511: cross-correlation, R. Zucker S. 2003, MNRAS 342, 1291: its likelihood
and error. Zucker S., Mazeh T. 1994, ApJ 420, 806: TODCOR. Baranne A. et al. 1996, A&AS 119, 373: masks.
Queloz D. et al. 2001, A&A 379, 279: the bisector.
"""

from deepaas_plugins.deepaas.adapter import plugin as _plugin
from deepaas_plugins.methods.velocity.method import Velocity

plugin = _plugin(Velocity)
