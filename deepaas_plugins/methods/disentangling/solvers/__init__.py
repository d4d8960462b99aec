"""From composite spectra and velocities to component spectra: `fourier` (fast), `wavelength` (gaps, masks).

Start reading at `composites`, what both solve, then `shifts`, how a component is moved, and `fourier`.
Neither knows of orbits: velocities of every component at every epoch are given.

Sources
-------
Hadrava P. 1995, A&AS 114, 393: Fourier disentangling. Hadrava P. 1997, A&AS 122, 581: line strengths.
Ilijić S. 2004, in ASP Conf. Ser. 318, 107: separation in Fourier space by singular value decomposition, and
the frequencies that are not determined. Simon K. P., Sturm E. 1994, A&A 281, 286: disentangling in
wavelength space.
"""
