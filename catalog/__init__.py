"""Module metadata: schema, loading, search, export. Imports nothing else of Huggins."""
