"""The serving runtime: answers the DEEPaaS V2 API from inside a module's container.

There are two kinds of processes. The HTTP process reads requests, queues them, gathers batches and
supervises; it imports neither NumPy nor any module, so that it answers at once. Worker processes hold the
model; they are spawned, replaced when they die, and talk to the HTTP process in frames over a Unix socket
(``worker.frames``): JSON and raw bytes, never pickle. A training runs in a process of its own and keeps its
record on disk.

``http``      the HTTP process: routes, uploads, limits
``training``  trainings through the API: each a process, its record on disk
``worker``    the pool of worker processes (HTTP side), and the worker process with the model
``formats``   what requests and answers look like, for both sides
``buckets``, ``problems``, ``options``  buckets of histograms, RFC 9457 errors, the command line

Start reading at ``__main__``, then ``http.server`` (HTTP side) and ``worker.process`` (model side). What
differs from upstream DEEPaaS is listed in ``docs/deepaas-compatibility.md``.
"""
