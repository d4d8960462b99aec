"""What runs inside a module's container: the methods, the plugin contract, the batch entry, serving.

May import `spectra` only. Start reading at `method.py`, then `batch.py`.
"""
