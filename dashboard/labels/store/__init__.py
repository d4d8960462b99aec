"""SQL on label sets (`label_sets.py`), their log (`log.py`), their versions (`versions.py`) and queues."""
