"""FITS.

Its structure read from the bytes, headers, axes, images and tables. Start reading at ``structure``.
"""
