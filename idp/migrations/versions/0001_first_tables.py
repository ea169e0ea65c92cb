"""The first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "assertions",
        sa.Column("client_id", sa.String(length=255), nullable=False),
        sa.Column("jti", sa.String(length=64), nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("client_id", "jti", name="pk_assertions"),
    )
    op.create_index("ix_assertions_expires_at", "assertions", ["expires_at"])
    op.create_table(
        "audit",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("kind", sa.String(length=48), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("commitment", sa.String(length=64), nullable=False),
        sa.Column("salt", sa.String(length=64)),
        sa.Column("payload", sa.Text()),
        sa.Column("sequence", NUMBER),
        sa.Column("hash", sa.String(length=64)),
        sa.PrimaryKeyConstraint("id", name="pk_audit"),
        sa.UniqueConstraint("sequence", name="uq_audit_sequence"),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_audit_unsealed",
        "audit",
        ["id"],
        sqlite_where=sa.text("sequence IS NULL"),
        postgresql_where=sa.text("sequence IS NULL"),
    )
    op.create_table(
        "clients",
        sa.Column("client_id", sa.String(length=255), nullable=False),
        sa.Column("registration", sa.Text(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("client_id", name="pk_clients"),
    )
    op.create_table(
        "consents",
        sa.Column("sub", sa.String(length=64), nullable=False),
        sa.Column("client_id", sa.String(length=255), nullable=False),
        sa.Column("choice", sa.String(length=128), nullable=False),
        sa.Column("scope", sa.String(length=64), nullable=False),
        sa.Column("granted_at", MOMENT, nullable=False),
        sa.Column("until", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("sub", "client_id", "choice", "scope", name="pk_consents"),
    )
    op.create_table(
        "contribuintes",
        sa.Column("id", sa.String(length=11), nullable=False),
        sa.Column("nome", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_contribuintes"),
    )
    op.create_table(
        "ephemeral",
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_ephemeral"),
    )
    op.create_index("ix_ephemeral_expires_at", "ephemeral", ["expires_at"])
    op.create_table(
        "grants",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("transaction_id", sa.String(length=64), nullable=False),
        sa.Column("client_id", sa.String(length=255), nullable=False),
        sa.Column("sub", sa.String(length=64), nullable=False),
        sa.Column("sid", sa.String(length=64), nullable=False),
        sa.Column("session_id", sa.String(length=64), nullable=False),
        sa.Column("titular", sa.String(length=11), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("certificado", sa.Text(), nullable=False),
        sa.Column("uf", sa.String(length=2), nullable=False),
        sa.Column("numero", sa.String(length=20), nullable=False),
        sa.Column("modo", sa.String(length=24), nullable=False),
        sa.Column("procuracao", sa.String(length=64)),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("nonce", sa.Text()),
        sa.Column("auth_time", MOMENT, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("code_digest", sa.String(length=64), nullable=False),
        sa.Column("code_expires_at", MOMENT, nullable=False),
        sa.Column("code_spent_at", MOMENT),
        sa.Column("redirect_uri", sa.Text(), nullable=False),
        sa.Column("explicit_redirect_uri", sa.Boolean(), nullable=False),
        sa.Column("code_challenge", sa.String(length=128)),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("rotated_at", MOMENT),
        sa.Column("revoked_at", MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_grants"),
        sa.UniqueConstraint("code_digest", name="uq_grants_code_digest"),
        sa.UniqueConstraint("transaction_id", name="uq_grants_transaction_id"),
    )
    op.create_index("ix_grants_session_id", "grants", ["session_id"])
    op.create_index("ix_grants_sid", "grants", ["sid"])
    op.create_table(
        "meta",
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_meta"),
    )
    op.create_table(
        "procuracoes",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("outorgante", sa.String(length=14), nullable=False),
        sa.Column("outorgante_contribuinte", sa.String(length=11), nullable=False),
        sa.Column("outorgante_nome", sa.Text(), nullable=False),
        sa.Column("outorgado", sa.String(length=14), nullable=False),
        sa.Column("outorgado_contribuinte", sa.String(length=11), nullable=False),
        sa.Column("outorgado_nome", sa.Text(), nullable=False),
        sa.Column("poderes", sa.Text(), nullable=False),
        sa.Column("escopo", sa.String(length=16), nullable=False),
        sa.Column("inscricoes", sa.Text(), nullable=False),
        sa.Column("inicio", MOMENT, nullable=False),
        sa.Column("fim", MOMENT, nullable=False),
        sa.Column("estado", sa.String(length=16), nullable=False),
        sa.Column("estado_em", MOMENT),
        sa.Column("substabelecivel", sa.Boolean(), nullable=False),
        sa.Column("pai", sa.String(length=64)),
        sa.Column("nivel_minimo", sa.String(length=8)),
        sa.CheckConstraint("outorgante <> outorgado", name=op.f("ck_procuracoes_parties")),
        sa.ForeignKeyConstraint(["pai"], ["procuracoes.id"], name="fk_procuracoes_pai"),
        sa.PrimaryKeyConstraint("id", name="pk_procuracoes"),
    )
    op.create_index("ix_procuracoes_outorgado_contribuinte", "procuracoes", ["outorgado_contribuinte"])
    op.create_index("ix_procuracoes_outorgante_contribuinte", "procuracoes", ["outorgante_contribuinte"])
    op.create_index("ix_procuracoes_pai", "procuracoes", ["pai"])
    op.create_table(
        "return_codes",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("ticket", sa.String(length=128), nullable=False),
        sa.Column("transaction_id", sa.String(length=64), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("spent_at", MOMENT),
        sa.PrimaryKeyConstraint("digest", name="pk_return_codes"),
    )
    op.create_index("ix_return_codes_expires_at", "return_codes", ["expires_at"])
    op.create_table(
        "estabelecimentos",
        sa.Column("documento", sa.String(length=14), nullable=False),
        sa.Column("contribuinte", sa.String(length=11), nullable=False),
        sa.Column("matriz", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["contribuinte"], ["contribuintes.id"], name="fk_estabelecimentos_contribuinte"),
        sa.PrimaryKeyConstraint("documento", name="pk_estabelecimentos"),
    )
    op.create_index("ix_estabelecimentos_contribuinte", "estabelecimentos", ["contribuinte"])
    op.create_table(
        "representantes",
        sa.Column("contribuinte", sa.String(length=11), nullable=False),
        sa.Column("cpf", sa.String(length=11), nullable=False),
        sa.Column("nome", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["contribuinte"], ["contribuintes.id"], name="fk_representantes_contribuinte"),
        sa.PrimaryKeyConstraint("contribuinte", "cpf", name="pk_representantes"),
    )
    op.create_index("ix_representantes_cpf", "representantes", ["cpf"])
    op.create_table(
        "inscricoes",
        sa.Column("uf", sa.String(length=2), nullable=False),
        sa.Column("numero", sa.String(length=20), nullable=False),
        sa.Column("documento", sa.String(length=14), nullable=False),
        sa.Column("contribuinte", sa.String(length=11), nullable=False),
        sa.Column("situacao", sa.String(length=16), nullable=False),
        sa.Column("municipio", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["contribuinte"], ["contribuintes.id"], name="fk_inscricoes_contribuinte"),
        sa.ForeignKeyConstraint(["documento"], ["estabelecimentos.documento"], name="fk_inscricoes_documento"),
        sa.PrimaryKeyConstraint("uf", "numero", name="pk_inscricoes"),
    )
    op.create_index("ix_inscricoes_contribuinte", "inscricoes", ["contribuinte"])
    op.create_index("ix_inscricoes_documento", "inscricoes", ["documento"])
    if op.get_bind().dialect.name == "postgresql":
        # What may be lost need not be logged: a crash empties the table and spares every write the wait for the disk.
        op.execute("ALTER TABLE ephemeral SET UNLOGGED")
