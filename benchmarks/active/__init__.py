"""Active learning against random sampling, and a pool of four million rows: `python -m benchmarks.active`."""
