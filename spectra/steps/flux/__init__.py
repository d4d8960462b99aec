"""Steps that change fluxes or drop spectra by their quality."""
