"""Preparation of spectra as a job: the "training" yields a feature set. Start reading at `method.py`."""

from deepaas_plugins.deepaas.adapter import plugin as _plugin
from deepaas_plugins.methods.preprocessing.method import Preprocessing

plugin = _plugin(Preprocessing)
