"""A scripted person labels spectra in Chromium by keys alone, while the platform is killed and cut off.

`platform.py` is the platform as a process that can be killed, `person.py` the person. ``python -m
benchmarks.labelling`` labels 1,000 spectra; the browser's tests use the same with fewer.
"""
