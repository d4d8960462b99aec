"""Objects, splits, leakage and baselines."""
