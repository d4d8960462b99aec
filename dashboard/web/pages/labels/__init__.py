"""Label sets: the list and one of them (`label_sets.py`), the log and versions, tables, and queues with the
label page (`queues.py`).
"""
