"""The database: its tables, how it is opened, and how its schema changes.

SQLite (WAL) inside `<home>` by default, PostgreSQL by URL. All SQL of a service stands in that service's own
store. Start reading at `tables`.
"""
