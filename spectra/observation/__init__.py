"""When and where spectra were observed: `moment` of one spectrum, `times` of the rows of a batch."""
