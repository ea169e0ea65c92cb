"""The tables of the life of a procuração beside the procurações themselves, which are in ``tables``."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, String, Table, Text

from idp.storage.sql.base import SEARCHED, Moment, metadata

designacoes = Table(
    "designacoes",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("empresa", String(14), nullable=False),
    Column("empresa_contribuinte", String(11), nullable=False, index=True),
    Column("empresa_nome", Text, nullable=False),
    Column("pessoa", String(11), nullable=False, index=True),
    Column("pessoa_nome", Text, nullable=False),
    Column("poderes", Text, nullable=False),
    Column("clientes", Text, nullable=False),
    Column("inicio", Moment, nullable=False),
    Column("fim", Moment, nullable=False),
    Column("estado", String(16), nullable=False),
    Column("estado_em", Moment),
)
"""``poderes`` and ``clientes`` (contribuinte ids) are sorted lists joined by ``|``; no clientes means all of them."""

pedidos = Table(
    "pedidos",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("outorgante", String(14), nullable=False),
    Column("outorgante_contribuinte", String(11), nullable=False, index=True),
    Column("outorgado", String(14), nullable=False),
    Column("outorgado_contribuinte", String(11), nullable=False, index=True),
    Column("outorgado_nome", Text, nullable=False),
    Column("poderes", Text, nullable=False),
    Column("escopo", String(16), nullable=False),
    Column("inscricoes", Text, nullable=False),
    Column("inicio", Moment, nullable=False),
    Column("fim", Moment, nullable=False),
    Column("criado_em", Moment, nullable=False),
    Column("expira_em", Moment, nullable=False),
    Column("mensagem", Text, nullable=False),
    Column("lote", String(64)),
    Column("estado", String(16), nullable=False),
    Column("estado_em", Moment),
    Column("procuracao", ForeignKey("procuracoes.id")),
    Column("rotulo", Text),
    Column("rotulo_busca", SEARCHED),
    Index("ix_pedidos_estado_expira_em", "estado", "expira_em"),
)

atos = Table(
    "atos",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("procuracao", ForeignKey("procuracoes.id"), index=True),
    Column("designacao", ForeignKey("designacoes.id"), index=True),
    Column("evento", String(32), nullable=False),
    Column("em", Moment, nullable=False),
    Column("por", String(255), nullable=False, index=True),
    Column("por_nome", Text, nullable=False),
    Column("pessoa", String(11)),
    Column("qualidade", String(32), nullable=False),
    Column("certificado", Text),
    Column("texto", Text),
    Column("texto_sha256", String(64)),
    Column("motivo", Text, nullable=False),
)
"""What was done to a procuração or to a designação, with the text that was shown. ``por``: a document, or an officer of
the authority by name. ``pessoa``: the natural person who acted."""
