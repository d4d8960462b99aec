"""Text, VOTable, Parquet, NumPy and XML files with spectra as rows or columns."""
