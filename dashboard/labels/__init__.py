"""Label sets: who said what about which spectrum of a dataset, and the queues in which spectra are labelled.

A label set is an append-only log of events (`event.py`); nothing in it is ever changed. What the log says now
about each spectrum is computed (`current.py`): people who disagree make a conflict, which is shown and never
overwritten. A version is the state at one event, and is what jobs name as their labels.

A queue (`queue.py`) is an ordered list of spectra to label: of a selection, a cell of a confusion matrix or
of a map, a table of outliers, a round of a learning session, or the conflicts themselves. Somebody who asks a
queue for spectra gets some of their own for a while (a lease), so that two people never label the same one by
accident.

Start with `service.py`; its `versions` and `queues` are `versions.py` and `queues.py`. Imports `data`,
`auth`, `database` and `base`.
"""
