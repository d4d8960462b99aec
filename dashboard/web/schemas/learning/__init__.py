"""Learning sessions: what is sent about them (`requests.py`), and what comes back (`answers.py`)."""
