"""Convolutional networks: how fast, how exact, how much memory. Start at `__main__.py`."""
