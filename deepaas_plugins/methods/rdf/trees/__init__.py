"""Forests and boosted trees: grown by scikit-learn (`forest`, `boosting`) and stored (`stored_forest`).

Predicting takes the arrays alone (`flat_forest`, `flat_boosting`).
"""
