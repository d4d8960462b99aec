"""NumPy archives (.npz). Start reading at ``matrix``: spectra as rows.

``members`` reads arrays from the archive, ``beside`` what stands beside the fluxes: errors, masks, objects,
units.
"""
