"""Steps that change the wavelength axis."""
