"""Outliers: detectors, ranks, relevance, training, prediction."""
