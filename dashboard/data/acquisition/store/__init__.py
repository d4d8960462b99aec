"""All SQL about sources, acquisitions and their records."""
