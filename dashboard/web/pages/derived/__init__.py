"""Routes of datasets of datasets."""
