"""Outliers: several detectors side by side, their ranks compared, and what is odd over wavelength.

Start reading at `method.py`, then `training.py` and `detectors`. Isolation forest (`isolation`), local
outlier factor (`density`), unsupervised random forest (`cooccurrence`), reconstruction by principal axes and
by an autoencoder (`reconstruction`). `ranking` compares them, `relevance` re-ranks by a person's marks. All
are trained on a sample of stated size and score every row, chunk by chunk. Models are arrays, without pickle;
predicting needs neither scikit-learn nor SciPy, unless marks are given.

Sources
-------
Liu F. T., Ting K. M., Zhou Z.-H. 2008, ICDM, 413: isolation forest. Breunig M. M., Kriegel H.-P., Ng R. T.,
Sander J. 2000, SIGMOD, 93: local outlier factor. Baron D., Poznanski D. 2017, MNRAS 465, 4530: the weirdest
SDSS galaxies, by an unsupervised random forest. Lochner M., Bassett B. A. 2021, Astronomy and Computing 36,
100481: Astronomaly, relevance learned from a person's marks.
"""

from deepaas_plugins.deepaas.adapter import plugin as _plugin
from deepaas_plugins.methods.outliers.method import Outliers

plugin = _plugin(Outliers)
