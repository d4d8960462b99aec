"""Alembic's migrations, run at every start of the platform. Never change one that was released: add another."""
