"""What the life of a procuração, its use and its proof need besides the first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """In steps that the version before still runs on: tables and nullable columns only."""
    op.add_column("contribuintes", sa.Column("fetched_at", MOMENT))
    op.create_table(
        "cadastro_fetches",
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("key", sa.String(length=11), nullable=False),
        sa.Column("fetched_at", MOMENT, nullable=False),
        sa.Column("etag", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "key", name="pk_cadastro_fetches"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "audit_subjects",
        sa.Column("subject", sa.String(length=300), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("id", NUMBER, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("subject", "at", "id", name="pk_audit_subjects"),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    """Forwards only: see docs/operations.md."""
