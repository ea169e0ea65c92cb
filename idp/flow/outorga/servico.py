"""Everything one may ask of the flow, in one place; each method's work is in the module beside it that it names."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from idp.domain.designacao import Designacao
from idp.domain.documents import Documento
from idp.domain.pedido import Pedido
from idp.domain.politica import DEFAULT, Politica
from idp.domain.procuracao import Procuracao
from idp.domain.proposta import Nomeacao, Proposta, Rascunho, Solicitacao
from idp.domain.representation import Regras
from idp.domain.session import Session
from idp.flow.outorga.tipos import EmNomeDe, Lote, Pagina, Vista
from idp.ports import CadastroSource, Clients, Clock, Revocation, Store
from idp.ports_outorga import Rascunhos


class Outorga:
    """``quem`` is always a session: whom a certificate proved, by which one, and when.

    Every method may raise CertificateRefused and RevocationUnknown (the certificate of the session is judged again),
    CadastroUnavailable and StoreUnavailable. NotFound: nothing there, or nothing of theirs, which is the same answer.
    NotEntitled: the link is there, and this certificate is not good for the act. Every writing method is one database
    transaction.
    """

    def __init__(
        self,
        *,
        clock: Clock,
        store: Store,
        clients: Clients,
        revocation: Revocation,
        rascunhos: Rascunhos,
        regras: Regras,
        politica: Politica = DEFAULT,
        timezone: ZoneInfo = ZoneInfo("America/Sao_Paulo"),
        source: CadastroSource | None = None,
    ) -> None: ...

    # Reading -------------------------------------------------------------------------------------------------------

    def qualidades(self, quem: Session) -> Sequence[EmNomeDe]:
        """On whose behalf: themself first, then the companies that list them as legal representative."""
        raise NotImplementedError

    def carteira(
        self, quem: Session, *, papel: str, situacao: str = "vigentes", q: str = "", pagina: int = 1
    ) -> Pagina[Procuracao]:
        """``papel``: concedidas (given or passed on) or recebidas (also by the company that named them).
        ``situacao``: vigentes, pendentes, encerradas, todas."""
        raise NotImplementedError

    def pedidos(
        self, quem: Session, *, papel: str, situacao: str = "vigentes", q: str = "", pagina: int = 1
    ) -> Pagina[Pedido]:
        """``papel``: feitos or recebidos."""
        raise NotImplementedError

    def ver(self, quem: Session, id: str) -> Vista:
        """Raises NotFound to strangers."""
        raise NotImplementedError

    def ver_pedido(self, quem: Session, id: str) -> tuple[Pedido, str]:
        """The request and ``papel``: outorgante or outorgado. Raises NotFound to strangers."""
        raise NotImplementedError

    def equipe(self, quem: Session, em_nome_de: Documento) -> Sequence[Designacao]:
        """Whom the company named. Raises NotFound, NotEntitled."""
        raise NotImplementedError

    def designacoes(self, quem: Session) -> Sequence[Designacao]:
        """By whom this person was named."""
        raise NotImplementedError

    # Giving --------------------------------------------------------------------------------------------------------

    def rascunho(self, quem: Session, proposta: Proposta) -> Rascunho:
        """Judge all of it and make the text to be shown. Raises Refused with every problem, NotFound, NotEntitled."""
        raise NotImplementedError

    def rascunho_de_pedido(self, quem: Session, id: str) -> Rascunho:
        """What approving a request would give. Raises like :meth:`rascunho`, and IllegalTransition."""
        raise NotImplementedError

    def rascunho_de_designacao(self, quem: Session, nomeacao: Nomeacao) -> Rascunho:
        raise NotImplementedError

    def ver_rascunho(self, quem: Session, rascunho_id: str) -> Rascunho:
        """To show it again after the certificate step. Raises NotFound where it is gone or another session's."""
        raise NotImplementedError

    def conceder(self, quem: Session, rascunho_id: str) -> Procuracao:
        """Give what the draft says; also a substabelecimento, and the approval of a request. A second call answers
        with what the first made. Raises NotFresh, NotFound, Refused, NotEntitled, IllegalTransition."""
        raise NotImplementedError

    def designar(self, quem: Session, rascunho_id: str) -> Designacao:
        """Like :meth:`conceder`, for a designação."""
        raise NotImplementedError

    # Events --------------------------------------------------------------------------------------------------------

    def act(self, quem: Session, evento: str, id: str, motivo: str = "") -> Procuracao:
        """``evento``: aceitar, recusar, renunciar or revogar. Raises NotFound, NotEntitled, IllegalTransition."""
        raise NotImplementedError

    def encerrar(self, quem: Session, id: str, motivo: str = "") -> Designacao:
        """The company ends a designação."""
        raise NotImplementedError

    def renunciar_designacao(self, quem: Session, id: str, motivo: str = "") -> Designacao:
        """The person named ends it."""
        raise NotImplementedError

    # Asking --------------------------------------------------------------------------------------------------------

    def pedir(self, quem: Session, solicitacao: Solicitacao) -> Pedido:
        raise NotImplementedError

    def pedir_lote(self, quem: Session, linhas: str, solicitacao: Solicitacao) -> Lote:
        """One request for each line of a CSV file with a column ``documento`` and perhaps ``inscricoes`` (joined by
        ``|``); the rest as in ``solicitacao``, whose ``outorgante`` is ignored. Raises Refused for what concerns the
        whole file."""
        raise NotImplementedError

    def negar(self, quem: Session, id: str) -> Pedido:
        raise NotImplementedError

    def desistir(self, quem: Session, id: str) -> Pedido:
        raise NotImplementedError

    # The authority -------------------------------------------------------------------------------------------------

    def autoridade(self, evento: str, id: str, actor: str, motivo: str) -> Procuracao:
        """``evento``: suspender, reativar or extinguir, by an officer."""
        raise NotImplementedError

    def vencer(self, at: datetime, limit: int = 500) -> int:
        """End what time has ended, at most ``limit`` of each kind; how many."""
        raise NotImplementedError
