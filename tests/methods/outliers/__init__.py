"""Tests of trainings of outlier detectors."""
