"""Disentangling: component spectra and orbit of multiple stars, from composite spectra of several epochs.

The heir of KOREL (Hadrava 1995). Start reading at `method.py`, then `training.py`: `epochs` (spectra, times,
what is rejected), `fitting` with `fit` and `orbit` (velocities), `separation` with `solvers` (components),
`solution`, `reports`, `model` (velocities of a new spectrum). Models are arrays, without pickle.

Sources
-------
Hadrava P. 1995, A&AS 114, 393; 1997, A&AS 122, 581; 2004, Publ. Astron. Inst. ASCR 92, 15 (KOREL). Ilijić S.
2004, ASP Conf. Ser. 318, 107 and 111. Simon K. P., Sturm E. 1994, A&A 281, 286. Golub G., Pereyra V. 1973,
SIAM J. Numer. Anal. 10, 413 (variable projection). Storn R., Price K. 1997, J. Global Optim. 11, 341.
"""

from deepaas_plugins.deepaas.adapter import plugin as _plugin
from deepaas_plugins.methods.disentangling.method import Disentangling

plugin = _plugin(Disentangling)
