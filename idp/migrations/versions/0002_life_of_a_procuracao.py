"""What the life of a procuração, its use and its proof need besides the first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from idp.domain.busca import busca

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
SEARCHED = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
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
        sa.Column("kind", sa.String(length=48), nullable=False),
        sa.PrimaryKeyConstraint("subject", "at", "id", name="pk_audit_subjects"),
        sqlite_with_rowid=False,
    )
    _searchable()
    op.create_table(
        "preferencias",
        sa.Column("quem", sa.String(length=64), nullable=False),
        sa.Column("choice", sa.String(length=128), nullable=False),
        sa.Column("fixada_em", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("quem", "choice", name="pk_preferencias"),
    )


def _searchable() -> None:
    """Normalised text beside the names, and the indexes in whose order a long list is read."""
    op.add_column("contribuintes", sa.Column("busca", SEARCHED, nullable=False, server_default=sa.text("''")))
    op.add_column("inscricoes", sa.Column("busca", SEARCHED, nullable=False, server_default=sa.text("''")))
    op.add_column("procuracoes", sa.Column("outorgante_busca", SEARCHED, nullable=False, server_default=sa.text("''")))
    _fill("contribuintes", ("id",), ("nome",), "busca")
    _fill("inscricoes", ("uf", "numero"), ("municipio", "uf"), "busca")
    _fill("procuracoes", ("id",), ("outorgante_nome",), "outorgante_busca")
    op.create_index("ix_inscricoes_contribuinte_documento", "inscricoes", ["contribuinte", "documento", "uf", "numero"])
    op.drop_index("ix_inscricoes_contribuinte", "inscricoes")
    op.create_index(
        "ix_procuracoes_recebidas", "procuracoes", ["outorgado_contribuinte", "estado", "outorgante_busca", "id"]
    )
    op.drop_index("ix_procuracoes_outorgado_contribuinte", "procuracoes")


def _fill(table: str, key: tuple[str, ...], names: tuple[str, ...], column: str) -> None:
    """``column`` of every row from its ``names``, in batches by the key: a million rows are never in memory."""
    connection = op.get_bind()
    rows = sa.table(table, *(sa.column(name) for name in {*key, *names, column}))
    position = sa.tuple_(*(rows.c[name] for name in key))
    batch = sa.select(*(rows.c[name] for name in (*key, *names))).order_by(*(rows.c[name] for name in key)).limit(5000)
    update = rows.update().where(*(rows.c[name] == sa.bindparam(f"_{name}") for name in key))
    update = update.values({column: sa.bindparam("_text")})
    found = connection.execute(batch).all()
    while found:
        connection.execute(
            update,
            [
                {**{f"_{name}": row[at] for at, name in enumerate(key)}, "_text": busca(" ".join(row[len(key) :]))}
                for row in found
            ],
        )
        found = connection.execute(batch.where(position > tuple(found[-1][: len(key)]))).all()


def downgrade() -> None:
    """Forwards only: see docs/operations.md."""
