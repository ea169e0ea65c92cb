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
    _life()


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


def _life() -> None:
    """Granting, passing on, naming employees, asking; and what was done with what text."""
    op.add_column("procuracoes", sa.Column("outorgado_busca", SEARCHED, nullable=False, server_default=sa.text("''")))
    _fill("procuracoes", ("id",), ("outorgado_nome",), "outorgado_busca")
    op.add_column("procuracoes", sa.Column("sem_reserva", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("procuracoes", sa.Column("cedida_a", sa.String(length=64)))
    op.add_column("procuracoes", sa.Column("criada_em", MOMENT))
    op.create_index("ix_procuracoes_estado_fim", "procuracoes", ["estado", "fim"])
    for statement in _PAI_FIXED[op.get_bind().dialect.name]:
        op.execute(sa.DDL(statement.replace("%", "%%")))  # type: ignore[no-untyped-call]
    op.create_table(
        "designacoes",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("empresa", sa.String(length=14), nullable=False),
        sa.Column("empresa_contribuinte", sa.String(length=11), nullable=False),
        sa.Column("empresa_nome", sa.Text(), nullable=False),
        sa.Column("pessoa", sa.String(length=11), nullable=False),
        sa.Column("pessoa_nome", sa.Text(), nullable=False),
        sa.Column("poderes", sa.Text(), nullable=False),
        sa.Column("clientes", sa.Text(), nullable=False),
        sa.Column("inicio", MOMENT, nullable=False),
        sa.Column("fim", MOMENT, nullable=False),
        sa.Column("estado", sa.String(length=16), nullable=False),
        sa.Column("estado_em", MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_designacoes"),
    )
    op.create_index("ix_designacoes_empresa_contribuinte", "designacoes", ["empresa_contribuinte"])
    op.create_index("ix_designacoes_pessoa", "designacoes", ["pessoa"])
    op.create_table(
        "pedidos",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("outorgante", sa.String(length=14), nullable=False),
        sa.Column("outorgante_contribuinte", sa.String(length=11), nullable=False),
        sa.Column("outorgado", sa.String(length=14), nullable=False),
        sa.Column("outorgado_contribuinte", sa.String(length=11), nullable=False),
        sa.Column("outorgado_nome", sa.Text(), nullable=False),
        sa.Column("poderes", sa.Text(), nullable=False),
        sa.Column("escopo", sa.String(length=16), nullable=False),
        sa.Column("inscricoes", sa.Text(), nullable=False),
        sa.Column("inicio", MOMENT, nullable=False),
        sa.Column("fim", MOMENT, nullable=False),
        sa.Column("criado_em", MOMENT, nullable=False),
        sa.Column("expira_em", MOMENT, nullable=False),
        sa.Column("mensagem", sa.Text(), nullable=False),
        sa.Column("lote", sa.String(length=64)),
        sa.Column("estado", sa.String(length=16), nullable=False),
        sa.Column("estado_em", MOMENT),
        sa.Column("procuracao", sa.String(length=64)),
        sa.Column("rotulo", sa.Text()),
        sa.Column("rotulo_busca", SEARCHED),
        sa.PrimaryKeyConstraint("id", name="pk_pedidos"),
        sa.ForeignKeyConstraint(["procuracao"], ["procuracoes.id"], name="fk_pedidos_procuracao"),
    )
    op.create_index("ix_pedidos_outorgante_contribuinte", "pedidos", ["outorgante_contribuinte"])
    op.create_index("ix_pedidos_outorgado_contribuinte", "pedidos", ["outorgado_contribuinte"])
    op.create_index("ix_pedidos_estado_expira_em", "pedidos", ["estado", "expira_em"])
    op.create_table(
        "atos",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("procuracao", sa.String(length=64)),
        sa.Column("designacao", sa.String(length=64)),
        sa.Column("evento", sa.String(length=32), nullable=False),
        sa.Column("em", MOMENT, nullable=False),
        sa.Column("por", sa.String(length=255), nullable=False),
        sa.Column("por_nome", sa.Text(), nullable=False),
        sa.Column("pessoa", sa.String(length=11)),
        sa.Column("qualidade", sa.String(length=32), nullable=False),
        sa.Column("certificado", sa.Text()),
        sa.Column("texto", sa.Text()),
        sa.Column("texto_sha256", sa.String(length=64)),
        sa.Column("motivo", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_atos"),
        sa.ForeignKeyConstraint(["procuracao"], ["procuracoes.id"], name="fk_atos_procuracao"),
        sa.ForeignKeyConstraint(["designacao"], ["designacoes.id"], name="fk_atos_designacao"),
    )
    op.create_index("ix_atos_procuracao", "atos", ["procuracao"])
    op.create_index("ix_atos_designacao", "atos", ["designacao"])
    op.create_index("ix_atos_por", "atos", ["por"])
    rests = sa.text("procuracao IS NOT NULL")
    op.create_index("ix_grants_procuracao", "grants", ["procuracao"], sqlite_where=rests, postgresql_where=rests)


# What makes chains acyclic whoever writes: a parent exists before its child (foreign key), is another row, and stays.
_PAI_FIXED = {
    "sqlite": (
        """CREATE TRIGGER procuracoes_pai_own BEFORE INSERT ON procuracoes WHEN NEW.pai = NEW.id
        BEGIN SELECT RAISE(ABORT, 'a procuracao cannot descend from itself'); END""",
        """CREATE TRIGGER procuracoes_pai_fixed BEFORE UPDATE OF pai, id ON procuracoes
        WHEN NEW.pai IS NOT OLD.pai OR NEW.id <> OLD.id
        BEGIN SELECT RAISE(ABORT, 'pai is written once'); END""",
    ),
    "postgresql": (
        """CREATE FUNCTION procuracoes_pai() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION 'pai is written once, and names another row' USING ERRCODE = 'check_violation'; END $$""",
        """CREATE TRIGGER procuracoes_pai_own BEFORE INSERT ON procuracoes
        FOR EACH ROW WHEN (NEW.pai = NEW.id) EXECUTE FUNCTION procuracoes_pai()""",
        """CREATE TRIGGER procuracoes_pai_fixed BEFORE UPDATE OF pai, id ON procuracoes
        FOR EACH ROW WHEN (NEW.pai IS DISTINCT FROM OLD.pai OR NEW.id <> OLD.id)
        EXECUTE FUNCTION procuracoes_pai()""",
    ),
}


def downgrade() -> None:
    """Forwards only: see docs/operations.md."""
