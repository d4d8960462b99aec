"""Beside the pages of modules: `standing` (use, stars, ranks), `catalog` (for machines), `addresses`."""
