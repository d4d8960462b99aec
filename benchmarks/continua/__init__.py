"""Accuracy of the continua of the recipe's step: `python -m benchmarks.continua [FOLDER]`."""
