"""Predictions a second: `python -m benchmarks.serving`.

`forest` trains what is served, `servers` starts upstream's server and ours, `measure` lets the load generator
(`load`) work on one. `benchmarks.gateway` builds on these; only `__main__` here knows its leg.
"""
