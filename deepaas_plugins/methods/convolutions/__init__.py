"""Random convolution features and ridge: classification and regression. Start reading at `method.py`."""

from deepaas_plugins.deepaas.adapter import plugin as _plugin
from deepaas_plugins.methods.convolutions.method import Convolutions

plugin = _plugin(Convolutions)
