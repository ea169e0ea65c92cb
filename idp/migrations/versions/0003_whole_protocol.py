"""What registration, logout and the rest of OpenID Connect need."""

from __future__ import annotations

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """In steps that the version before still runs on: tables and nullable columns only."""


def downgrade() -> None:
    """Forwards only: see docs/operations.md."""
