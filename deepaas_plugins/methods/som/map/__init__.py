"""The algorithm of the map itself, with NumPy and SciPy only. Start reading at ``batch_rule``."""
