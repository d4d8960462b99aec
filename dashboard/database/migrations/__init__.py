"""Alembic's migrations, run at every start. One that was released is never changed: add another."""
