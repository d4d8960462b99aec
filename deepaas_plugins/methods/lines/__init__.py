"""Lines: emission and absorption lines found, identified and measured, and the profile of one of them.

Start reading at `method.py`, then `training.py` and `measuring.py`, which measures a chunk of rows by
`continuum` (level and noise), `profiles` (class and figures of one line), `finder` (all lines) and
`identification`. Classes are learned from synthetic profiles on the grid of the spectra, so that their
probabilities hold for its sampling. All of it works on many rows at once; predicting needs NumPy alone.

Sources
-------
Vollmann K., Eversberg T. 2006, AN 327, 862: errors of equivalent widths. Stoehr F. et al. 2008, ADASS XVII,
505: DER_SNR. Rivinius T., Carciofi A. C., Martayan C. 2013, A&ARv 21, 69: profiles of Be stars, V/R, shells.
Huang S.-S. 1972, ApJ 171, 549: profiles of discs. Wavelengths in vacuum: NIST Atomic Spectra Database 5.
"""

from deepaas_plugins.deepaas.adapter import plugin as _plugin
from deepaas_plugins.methods.lines.method import Lines

plugin = _plugin(Lines)
