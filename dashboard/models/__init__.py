"""Models: what finished jobs made, kept in ``<home>/models/{model}/`` independently of the job."""
