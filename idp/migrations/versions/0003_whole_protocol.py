"""What registration, logout and the rest of OpenID Connect need."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """In steps that the version before still runs on: tables and nullable columns only."""
    op.create_table(
        "outbox",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("client_id", sa.String(length=255), nullable=False),
        sa.Column("sub", sa.String(length=64), nullable=False),
        sa.Column("sid", sa.String(length=64), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("next_attempt_at", MOMENT),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("delivered_at", MOMENT),
        sa.Column("given_up_at", MOMENT),
        sa.Column("last_error", sa.Text()),
        sa.PrimaryKeyConstraint("id", name="pk_outbox"),
    )
    op.create_index("ix_outbox_next_attempt_at", "outbox", ["next_attempt_at"])
    op.add_column("grants", sa.Column("claims", sa.Text(), nullable=True))
    op.add_column("grants", sa.Column("wanted", sa.Text(), nullable=True))
    op.create_table(
        "perfis",
        sa.Column("titular", sa.String(length=11), nullable=False),
        sa.Column("dados", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("titular", name="pk_perfis"),
    )
    op.create_index("ix_grants_titular", "grants", ["titular", "expires_at"])
    op.create_index("ix_grants_session", "grants", ["session_id", "client_id", "sid"])
    op.drop_index("ix_grants_session_id", "grants")
    op.create_table(
        "registration_tokens",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("uses", sa.Integer(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("revoked_at", MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_registration_tokens"),
        sa.UniqueConstraint("digest", name="uq_registration_tokens_digest"),
    )


def downgrade() -> None:
    """Forwards only: see docs/operations.md."""
