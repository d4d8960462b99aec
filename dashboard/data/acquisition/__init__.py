"""From a source to a dataset: sources that people keep, acquisitions from them, the state of each record.

Start with `service` (what people ask for) and `runner` (what goes on in the background: `lister` makes the
list of records, `fetcher` fetches those that were chosen). An acquisition survives the end of the platform:
its records are rows, and a start goes on with those that are queued. `schedule` asks for new records.
"""
