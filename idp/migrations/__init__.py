"""The schema's history (Alembic), run by ``idp.storage.sql.schema``. Owns how tables came to be, not what they mean.

A revision only adds to what the version before it needs: old and new program run on the new schema side by side.
"""
