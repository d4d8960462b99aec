"""What the benchmarks write."""
