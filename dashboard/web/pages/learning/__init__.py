"""Learning sessions: the list and one of them (`sessions.py`), rounds and candidates (`rounds.py`)."""
