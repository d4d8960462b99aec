"""How methods are judged: objects, splits that keep objects together, and the leakage that remains.

Start reading at ``objects`` (which spectra are of one object), then ``splits`` and ``leakage``.
"""
