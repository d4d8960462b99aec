"""What runs inside a module's container: the methods, the plugin contract, the batch entry, the serving runtime.

May import `spectra` only. Start reading at `method.py`, then `batch.py`.
"""
