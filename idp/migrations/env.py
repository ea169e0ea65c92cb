"""Alembic's entry: runs revisions on the connection that the caller has begun a transaction on."""

from alembic import context

from idp.storage.sql.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,
    render_as_batch=True,
)
context.run_migrations()
