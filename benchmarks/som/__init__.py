"""The self-organising map against MiniSom: `python -m benchmarks.som`. Start reading at `__main__.py`."""
