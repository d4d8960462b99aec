"""`huggins modules`: lists modules; writes and checks those of publishers. Start at `modules.py`."""
