"""What stands beside every answer: a calibrated set or interval, and whether the spectrum is in the domain.

`conformal` makes sets and intervals from held-out predictions, `domain` compares a spectrum with the
training set, `storage` keeps both in a model's folder, `calibration_report` shows how well they hold. A
method does one thing for it: it sets `Model.held_out`, which `Labelled.held_out` makes from the predictions
of a cross-validation.
"""
