"""The folder of a new module. Start reading at `scaffold.py`; the templates lie in ``templates/module``."""
