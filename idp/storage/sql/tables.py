"""The schema, as SQLAlchemy Core metadata. ``idp.migrations`` makes it; a test compares the two.

A *contribuinte id* is the CNPJ root (8 characters) of a company or the CPF (11) of a person: the unit that legal
representatives answer for and that an e-CNPJ reaches. Moments are UTC.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    false,
    text,
)

from idp.storage.sql.base import SEARCHED as SEARCHED
from idp.storage.sql.base import Moment as Moment
from idp.storage.sql.base import metadata as metadata
from idp.storage.sql.tables_outorga import atos as atos
from idp.storage.sql.tables_outorga import designacoes as designacoes
from idp.storage.sql.tables_outorga import pedidos as pedidos

_NUMBER = BigInteger().with_variant(Integer, "sqlite")

meta = Table(
    "meta",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("value", Text, nullable=False),
)
"""``realm`` (written once) and ``clients_version`` (changed whenever a client is)."""

clients = Table(
    "clients",
    metadata,
    Column("client_id", String(255), primary_key=True),
    Column("registration", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
)

contribuintes = Table(
    "contribuintes",
    metadata,
    Column("id", String(11), primary_key=True),
    Column("nome", Text, nullable=False),
    Column("fetched_at", Moment),
    Column("busca", SEARCHED, nullable=False, server_default=text("''")),
)
"""``busca``, here and below: text made by :func:`idp.domain.busca.busca`, so that both databases find and order alike.
Here of the name."""

estabelecimentos = Table(
    "estabelecimentos",
    metadata,
    Column("documento", String(14), primary_key=True),
    Column("contribuinte", ForeignKey("contribuintes.id"), nullable=False, index=True),
    Column("matriz", Boolean, nullable=False),
)
"""CNPJs of a company; a person who is a contribuinte has one row, with the CPF."""

inscricoes = Table(
    "inscricoes",
    metadata,
    Column("uf", String(2), primary_key=True),
    Column("numero", String(20), primary_key=True),
    Column("documento", ForeignKey("estabelecimentos.documento"), nullable=False, index=True),
    Column("contribuinte", ForeignKey("contribuintes.id"), nullable=False),
    Column("situacao", String(16), nullable=False),
    Column("municipio", Text, nullable=False),
    Column("busca", SEARCHED, nullable=False, server_default=text("''")),
    Index("ix_inscricoes_contribuinte_documento", "contribuinte", "documento", "uf", "numero"),
)
"""``busca``: of município and UF."""

representantes = Table(
    "representantes",
    metadata,
    Column("contribuinte", ForeignKey("contribuintes.id"), primary_key=True),
    Column("cpf", String(11), primary_key=True, index=True),
    Column("nome", Text, nullable=False),
)

cadastro_fetches = Table(
    "cadastro_fetches",
    metadata,
    Column("kind", String(16), primary_key=True),
    Column("key", String(11), primary_key=True),
    Column("fetched_at", Moment, nullable=False),
    Column("etag", Text, nullable=False),
    sqlite_with_rowid=False,
)
"""What a remote cadastro was asked, and when it last answered: ``kind`` contribuinte by its id, or representante by his
CPF. A row also where it knows of nobody. ``contribuintes.fetched_at`` repeats the moment where the rights are read."""

procuracoes = Table(
    "procuracoes",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("outorgante", String(14), nullable=False),
    Column("outorgante_contribuinte", String(11), nullable=False, index=True),
    Column("outorgante_nome", Text, nullable=False),
    Column("outorgado", String(14), nullable=False),
    Column("outorgado_contribuinte", String(11), nullable=False),
    Column("outorgado_nome", Text, nullable=False),
    Column("poderes", Text, nullable=False),
    Column("escopo", String(16), nullable=False),
    Column("inscricoes", Text, nullable=False),
    Column("inicio", Moment, nullable=False),
    Column("fim", Moment, nullable=False),
    Column("estado", String(16), nullable=False),
    Column("estado_em", Moment),
    Column("substabelecivel", Boolean, nullable=False),
    Column("pai", ForeignKey("procuracoes.id"), index=True),
    Column("nivel_minimo", String(8)),
    Column("outorgante_busca", SEARCHED, nullable=False, server_default=text("''")),
    Column("outorgado_busca", SEARCHED, nullable=False, server_default=text("''")),
    Column("sem_reserva", Boolean, nullable=False, server_default=false()),
    Column("cedida_a", String(64)),
    Column("criada_em", Moment),
    Index("ix_procuracoes_estado_fim", "estado", "fim"),
    Index("ix_procuracoes_recebidas", "outorgado_contribuinte", "estado", "outorgante_busca", "id"),
    CheckConstraint("outorgante <> outorgado", name="parties"),
)
"""``poderes`` and ``inscricoes`` are sorted lists joined by ``|``. The parties' contribuinte ids make them findable;
whether an inscrição is reached is the domain's to say. A trigger keeps ``pai`` as it was written and other than the row
itself: as it must exist before, no procuração descends from itself."""

preferencias = Table(
    "preferencias",
    metadata,
    Column("quem", String(64), primary_key=True),
    Column("choice", String(128), primary_key=True),
    Column("fixada_em", Moment, nullable=False),
)
"""The choices that somebody keeps at the top of the list. ``quem``: a keyed digest of the person, nobody's document."""

consents = Table(
    "consents",
    metadata,
    Column("sub", String(64), primary_key=True),
    Column("client_id", String(255), primary_key=True),
    Column("choice", String(128), primary_key=True),
    Column("scope", String(64), primary_key=True),
    Column("granted_at", Moment, nullable=False),
    Column("until", Moment, nullable=False),
)

grants = Table(
    "grants",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("transaction_id", String(64), nullable=False, unique=True),
    Column("client_id", String(255), nullable=False),
    Column("sub", String(64), nullable=False),
    Column("sid", String(64), nullable=False, index=True),
    Column("session_id", String(64), nullable=False),
    Column("titular", String(11), nullable=False),
    Column("holder", Text, nullable=False),
    Column("certificado", Text, nullable=False),
    Column("uf", String(2), nullable=False),
    Column("numero", String(20), nullable=False),
    Column("modo", String(24), nullable=False),
    Column("procuracao", String(64)),
    Column("scopes", Text, nullable=False),
    Column("nonce", Text),
    Column("auth_time", Moment, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("code_digest", String(64), nullable=False, unique=True),
    Column("code_expires_at", Moment, nullable=False),
    Column("code_spent_at", Moment),
    Column("redirect_uri", Text, nullable=False),
    Column("explicit_redirect_uri", Boolean, nullable=False),
    Column("code_challenge", String(128)),
    Column("generation", Integer, nullable=False),
    Column("rotated_at", Moment),
    Column("revoked_at", Moment),
    Column("claims", Text),
    Column("wanted", Text),
    Index("ix_grants_session", "session_id", "client_id", "sid"),
    Index("ix_grants_titular", "titular", "expires_at"),
    Index(
        "ix_grants_procuracao",
        "procuracao",
        sqlite_where=text("procuracao IS NOT NULL"),
        postgresql_where=text("procuracao IS NOT NULL"),
    ),
)
"""A token family with the code that opens it. ``titular``: contribuinte id of the holder. Every login writes a row, and
every index is one more page written: only what a request looks up by has one."""

perfis = Table(
    "perfis",
    metadata,
    Column("titular", String(11), primary_key=True),
    Column("dados", Text, nullable=False),
)
"""What a holder told of himself, by his contribuinte id: found to be corrected and erased (LGPD art. 18), and by the
statement that reads his grant."""

return_codes = Table(
    "return_codes",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("ticket", String(128), nullable=False),
    Column("transaction_id", String(64), nullable=False),
    Column("verdict", Text, nullable=False),
    Column("expires_at", Moment, nullable=False, index=True),
    Column("spent_at", Moment),
)

assertions = Table(
    "assertions",
    metadata,
    Column("client_id", String(255), primary_key=True),
    Column("jti", String(64), primary_key=True),
    Column("expires_at", Moment, nullable=False, index=True),
)

audit = Table(
    "audit",
    metadata,
    Column("id", _NUMBER, primary_key=True, autoincrement=True),
    Column("kind", String(48), nullable=False),
    Column("at", Moment, nullable=False),
    Column("commitment", String(64), nullable=False),
    Column("salt", String(64)),
    Column("payload", Text),
    Column("sequence", _NUMBER, unique=True),
    Column("hash", String(64)),
    Index("ix_audit_unsealed", "id", sqlite_where=text("sequence IS NULL"), postgresql_where=text("sequence IS NULL")),
    sqlite_autoincrement=True,
)
"""``salt`` and ``payload`` are null after erasure; ``sequence`` and ``hash`` are null until the sealer has come by."""

audit_subjects = Table(
    "audit_subjects",
    metadata,
    Column("subject", String(300), primary_key=True),
    Column("at", Moment, primary_key=True),
    Column("id", _NUMBER, primary_key=True, autoincrement=False),
    Column("kind", String(48), nullable=False),
    sqlite_with_rowid=False,
)
"""What an audit row is about (``idp.audit.subjects``), so that it is found by person, procuração, inscrição or client.
The worker writes it after sealing, no request does; a row's go when its payload is erased."""

outbox = Table(
    "outbox",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("client_id", String(255), nullable=False),
    Column("sub", String(64), nullable=False),
    Column("sid", String(64), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("next_attempt_at", Moment, index=True),
    Column("attempts", Integer, nullable=False),
    Column("delivered_at", Moment),
    Column("given_up_at", Moment),
    Column("last_error", Text),
)
"""What clients are to be told of ended sessions. ``id`` is the ``jti``, the same at every attempt; ``next_attempt_at``
is null once nothing more will be tried."""

registration_tokens = Table(
    "registration_tokens",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("digest", String(64), nullable=False, unique=True),
    Column("token", Text, nullable=False),
    Column("uses", Integer, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("revoked_at", Moment),
)
"""Initial access tokens of dynamic registration (``idp.domain.registration.InitialToken`` as JSON); ``uses`` and
``revoked_at`` stand apart, because they change."""

ephemeral = Table(
    "ephemeral",
    metadata,
    Column("key", String(255), primary_key=True),
    Column("value", LargeBinary, nullable=False),
    Column("expires_at", Moment, nullable=False, index=True),
)
