"""Read spectra of any common format, prepare them by recipes, keep them as feature sets.

No web, no containers; imports nothing else of Huggins. Start reading at `spectrum.py`.
"""
