"""What happens around every method: preparation, training, prediction, and the tables and reports of both.

Start reading at ``preparation`` (from a job's input to a feature set), then ``training`` and ``predictor``.
``table`` writes predictions as Parquet, CSV and VOTable; ``report`` draws the views of a prediction.
``validation`` tells which spectra are of one object and splits them so that no object is on both sides.
"""
