"""Random decision forests: classification and regression. Start reading at `method.py`."""

from deepaas_plugins.deepaas.adapter import plugin as _plugin
from deepaas_plugins.methods.rdf.method import RandomForest

plugin = _plugin(RandomForest)
