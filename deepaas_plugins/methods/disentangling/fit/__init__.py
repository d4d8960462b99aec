"""From spectra and times to an orbit: global search, local fit, errors, the map of χ², starting guesses.

Start reading at `problem` (elements to shifts), then `local` and `search`.
"""
