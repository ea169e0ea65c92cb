"""What the life of a procuração, its use and its proof need besides the first tables."""

from __future__ import annotations

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """In steps that the version before still runs on: tables and nullable columns only."""


def downgrade() -> None:
    """Forwards only: see docs/operations.md."""
