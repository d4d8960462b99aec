"""Parameters of stars and other numbers, several at once, with intervals. Start reading at `method.py`."""

from deepaas_plugins.deepaas.adapter import plugin as _plugin
from deepaas_plugins.methods.parameters.method import Parameters

plugin = _plugin(Parameters)
