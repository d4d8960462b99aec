"""Labels and learning sessions over a real PostgreSQL."""
