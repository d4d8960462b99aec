"""Learning sessions: a pool of spectra, the classes that are searched for, and rounds of labels and training.

A session owns settings and rounds; its labels are a label set (``dashboard.labels``), its rounds are jobs.

- ``session`` and ``settings`` are the vocabulary, ``estimates`` the figures of a round.
- ``store`` reads and writes the rows; ``oracle`` answers in place of a person where the classes are known.
- ``sessions`` and ``service`` are what users do: create, close; start a round, fork.
- ``coordinator`` brings rounds forward: it submits their jobs and records what they selected. Everything that
  it needs is in committed rows, so a kill at any moment only delays a round.

Start reading at ``service``.
"""
