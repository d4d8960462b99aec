"""What methods without labels share: a frame of the rows, principal axes, an autoencoder, nearest neighbours.

`frame` centres and scales rows and fills what is missing; the others work on rows in the frame. Everything is
arrays that are saved without pickle and checked when they are read. Scikit-learn is imported for training
only.
"""
