"""The guides in ``docs/``, as pages with a search. Start reading at `library.py`."""
