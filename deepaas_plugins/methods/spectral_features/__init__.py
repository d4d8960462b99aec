"""What methods learn from besides the prepared flux: representations of it, and weights of the rows.

Start reading at `representation.py`. A representation is made of each spectrum by itself: no number of it
comes from other spectra, so that nothing of a held-out object is known in training. Templates are made of the
training rows alone. SciPy is imported only where a representation needs it.
"""
