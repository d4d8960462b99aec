"""What jobs cost the platform: `python -m benchmarks.jobs`. Start reading at `__main__.py`."""
