"""Redshifts of stars, galaxies and quasars, by the χ² of sets of simple templates, and a network of line
boxes.

Start reading at `solver.py`: the sets of `bases` are fitted at all redshifts at once by FFT. `network`
computes networks of the QuasarNET kind from their published weights.

Sources
-------
Bolton A. S. et al. 2012, AJ 144, 144: redshifts by the χ² of template sets with a polynomial. Vanden Berk D.
E. et al. 2001, AJ 122, 549: strengths and widths of quasar lines. Busca N., Balland C. 2018,
arXiv:1808.09955: QuasarNET.
"""
