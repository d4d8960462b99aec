"""{{ title }}: the functions that DEEPaaS calls. Start reading at `api.py`."""

from {{ package }} import api as plugin

__all__ = ["plugin"]
