"""The wire: small text formats of HTTP that the platform and a module's container both read or write.

Neither side can import the other, so what both need of HTTP and has no library in the containers stands here,
once. The package imports nothing but the standard library.

============  ==========================================================================================
`accept`      the media types of an ``Accept`` header with their weights
`prometheus`  counters, gauges and histograms in Prometheus' text format
`slow_heads`  connections that send no complete head are closed
`spreadsheet` cells of CSV that no spreadsheet takes for formulas
`votable`     parts of a VOTable, written without astropy
============  ==========================================================================================
"""
