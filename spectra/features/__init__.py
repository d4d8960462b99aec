"""Feature sets: the matrix a recipe made, with its grid, names, labels. Start at `feature_set.py`."""
