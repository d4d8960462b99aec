"""The serving runtime: answers the DEEPaaS V2 API from inside a module's container.

Two kinds of processes. The HTTP process (`server.py`) reads requests, queues them, gathers batches,
supervises; it imports neither NumPy nor any module, so that it answers at once. Worker processes
(`worker.py`) hold the model; they are spawned, replaced when they die, and talk to it in frames over a Unix
socket (`frames.py`): JSON and raw bytes, never pickle. A training runs in a process of its own
(`training_run.py`) and keeps its record on disk.

Start reading at `__main__.py`, then `server.py` (HTTP side) and `worker.py` (model side). What differs from
upstream DEEPaaS is listed in ``docs/deepaas-compatibility.md``.
"""
