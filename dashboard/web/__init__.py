"""HTTP: pages, the JSON API and its document, assets, sign-in. No SQL and no decisions live here.

May use everything below it in `dashboard`. Start at `application.py`; each family of pages has one file of
handlers, registered in an `Endpoints` table from which the routes *and* the OpenAPI document are made.
"""
