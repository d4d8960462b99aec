"""What is asked and answered of datasets of datasets."""
