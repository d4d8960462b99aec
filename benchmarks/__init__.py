"""`python -m benchmarks.NAME [--quick]` prints a table and one line `RESULT {json}` per claim."""
