"""The profile of one line: synthetic ones of known class, what they are made of, their class and measures.

Start reading at `classifier.py`; `shapes` and `injection` make what it learns from, `structure` what it looks
at, `quality` says how well it tells, `measures` gives the figures of a profile.
"""
