"""What somebody types to give power, to ask for it or to name an employee; and the draft between reading and giving."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from idp.domain.certificado import Nivel
from idp.domain.designacao import Designacao
from idp.domain.documents import CNPJ, Documento
from idp.domain.procuracao import Poder, Procuracao, TipoEscopo


@dataclass(frozen=True, slots=True)
class Proposta:
    """A procuração as typed. ``em_nome_de``: who gives; of a substabelecimento (``pai``) who passes it on.
    ``outorgado``: CPF or CNPJ as typed. ``inscricoes``: ``UF:NUMERO``. ``inicio`` and ``fim``: its first and last whole
    day where the authority is. ``sem_reserva`` takes poderes, scope and end from ``pai``."""

    em_nome_de: Documento
    outorgado: str
    outorgado_nome: str
    poderes: frozenset[Poder]
    escopo_tipo: TipoEscopo
    inicio: date
    fim: date
    inscricoes: frozenset[str] = frozenset()
    substabelecivel: bool = False
    nivel_minimo: Nivel | None = None
    pai: str | None = None
    sem_reserva: bool = False


@dataclass(frozen=True, slots=True)
class Solicitacao:
    """A request as typed: ``em_nome_de`` asks ``outorgante`` (CPF or CNPJ as typed) for a procuração.
    ``rotulo``: what ``em_nome_de`` calls ``outorgante``, for himself."""

    em_nome_de: Documento
    outorgante: str
    poderes: frozenset[Poder]
    escopo_tipo: TipoEscopo
    inicio: date
    fim: date
    inscricoes: frozenset[str] = frozenset()
    mensagem: str = ""
    rotulo: str = ""


@dataclass(frozen=True, slots=True)
class Nomeacao:
    """A designação as typed: the company ``em_nome_de`` names ``pessoa`` (CPF as typed). ``clientes``: CPF or CNPJ of
    the outorgantes it is for; none means all of them."""

    em_nome_de: CNPJ
    pessoa: str
    pessoa_nome: str
    poderes: frozenset[Poder]
    inicio: date
    fim: date
    clientes: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Rascunho:
    """What was shown, waiting for the certificate step made for it. It belongs to the session that made it.
    ``resultado``: the procuração or designação that would come to be. ``avisos``: tokens of what deserves a word beside
    it. ``pedido``: the request that this would approve."""

    id: str
    session_id: str
    proposta: Proposta | Nomeacao
    resultado: Procuracao | Designacao
    texto: str
    texto_sha256: str
    criado_em: datetime
    expires_at: datetime
    avisos: tuple[str, ...] = ()
    pedido: str | None = None

    @property
    def procuracao(self) -> Procuracao:
        """Of a draft of a procuração."""
        assert isinstance(self.resultado, Procuracao)
        return self.resultado

    @property
    def designacao(self) -> Designacao:
        """Of a draft of a designação."""
        assert isinstance(self.resultado, Designacao)
        return self.resultado
