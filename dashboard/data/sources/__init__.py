"""Where spectra come from: archives, servers and lists, each kind behind the protocol `source.Source`.

A source lists records (`record.Record`), and opens one as a stream of bytes. Start with `source`; `kinds` has
a module for each kind, `transport` the only clients that a source may use (each socket is checked by
`dashboard.base.outbound`), `votable` the reader of the tables of the Virtual Observatory. Nothing here knows
datasets, the database or who asks: that is `dashboard.data.acquisition`.
"""
