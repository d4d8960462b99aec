"""The Virtual Observatory's own protocols over datasets and predictions.

Standards of the IVOA describe what is sent and answered here (VOSI 1.1, SSA 1.1, DataLink 1.1, SODA 1.0,
DALI 1.1); `dashboard.web.uws` has the jobs (UWS 1.1). `document` writes XML, `sent` reads parameters.
"""
