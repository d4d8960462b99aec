"""A stack of trees and random convolutions, deployable as one model. Start reading at `method.py`."""

from deepaas_plugins.deepaas.adapter import plugin as _plugin
from deepaas_plugins.methods.ensemble.method import Ensemble

plugin = _plugin(Ensemble)
