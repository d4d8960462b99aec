"""All SQL about jobs that people cause. Start reading at ``store``."""
