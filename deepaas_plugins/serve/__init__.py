"""Answering the DEEPaaS API from a module's image. Start reading at `__main__.py`."""
