"""Random decision forests: classification and regression. Start reading at `method.py`."""

from deepaas_plugins.adapter import plugin as _plugin
from deepaas_plugins.rdf.method import RandomForest

plugin = _plugin(RandomForest)
