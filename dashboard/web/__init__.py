"""HTTP: pages, the JSON API and its document, assets, sign-in. There is no SQL and no decision here.

`app` is the application: routing, loading of requests, rendering, problems, the OpenAPI document. `schemas`
describes what is sent and answered. `pages` has the handlers; each family is a table of `Endpoints` from
which the routes *and* the document are made. `snippets` makes commands that pages show. Start at
`app/application.py`.
"""
