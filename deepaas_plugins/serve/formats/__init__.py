"""What requests and answers look like, apart from HTTP: both the server and the worker process know it.

`media_types` names them and reads ``Accept``; `arguments` reads the fields of a request, `json_spectra` the
spectra in a JSON body; `tables` writes predictions as CSV and VOTable.
"""
