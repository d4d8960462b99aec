"""The wire: small text formats of HTTP that the platform and a module's container both read or write.

Neither side can import the other, so what both need of HTTP and has no library in the containers stands here,
once. The package imports nothing but the standard library; `streamed` also aiohttp, which both have.

==================  ====================================================================================
`accept`            the media types of an ``Accept`` header with their weights
`printable`         text of others in terminals and logs
`prometheus`        counters, gauges and histograms in Prometheus' text format
`repeated_records`  limits how often one kind of record is logged
`slow_heads`        connections that send no complete head are closed
`spreadsheet`       cells of CSV that no spreadsheet takes for formulas
`streamed`          answers of many pieces; a head alone for HEAD
`votable`           parts of a VOTable, written without astropy
==================  ====================================================================================
"""
