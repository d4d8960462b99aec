"""Parameters of training and prediction, as forms show them.

`train` puts the groups together: `orbit` (system, elements, ranges), `observing` (times, frame, site). What
cannot be fitted is rejected in `checks`, before a spectrum is read. `texts` and `korel_par` read texts.
"""

from deepaas_plugins.methods.disentangling.parameters.predict import PredictParameters
from deepaas_plugins.methods.disentangling.parameters.train import TrainParameters

__all__ = ["PredictParameters", "TrainParameters"]
