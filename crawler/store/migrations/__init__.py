"""Alembic's folder: each file in ``versions/`` is one migration and is listed in `migrate.REVISIONS`."""
