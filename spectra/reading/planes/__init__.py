"""What stands beside a flux: its errors, its mask, its wavelengths, and what is no spectrum at all (sky …).

Start reading at ``words``, which says what a name or a text means; ``errors`` and ``masks`` make inverse
variances and bad pixels of what is found. All readers share these names.
"""
