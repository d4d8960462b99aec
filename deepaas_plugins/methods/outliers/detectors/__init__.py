"""The detectors of outliers, each fitted to rows in a frame and saved as arrays.

`fitting` fits those that are switched on and reads them back; the others are one detector each: `isolation`,
`density` (local outlier factor), `cooccurrence` (unsupervised random forest), `reconstruction` (principal
axes, autoencoder). The larger a score, the odder the row.
"""
