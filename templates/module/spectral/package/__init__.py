"""{{ title }}. Start reading at `method.py`."""

from deepaas_plugins.deepaas.adapter import plugin as _plugin

from {{ package }}.method import Method

plugin = _plugin(Method)
