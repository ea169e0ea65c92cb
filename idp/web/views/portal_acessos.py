"""What applications have of a person, and where he is logged in, in words."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from idp.domain.person import Holder
from idp.domain.representation import Modo, RepresentationRef
from idp.domain.session import Session
from idp.flow.autorizacoes import Autorizacao
from idp.web.text import data, legivel, momento
from idp.web.views.client import receives

_MODOS = {Modo.TITULAR: "", Modo.REPRESENTANTE_LEGAL: "como representante legal", Modo.PROCURACAO: "por procuração"}


@dataclass(frozen=True, slots=True)
class AplicacaoView:
    """``recebe``: (name, what it is). ``em_nome``: a line for each choice, ``mais`` how many are not there."""

    nome: str
    desde: str
    ultimo: str
    ate: str
    abertos: int
    recebe: tuple[tuple[str, str], ...]
    em_nome: tuple[str, ...]
    mais: int
    trocar: str
    retirar: str


@dataclass(frozen=True, slots=True)
class SessaoView:
    """``encerrar``: the address of the page that asks; "" for the session that is looking."""

    titulo: str
    entrada: str
    fim: str
    certificado: str
    esta: bool
    encerrar: str


def aplicacao_view(one: Autorizacao, holder: Holder) -> AplicacaoView:
    return AplicacaoView(
        legivel(one.client.name, 80),
        data(one.desde),
        momento(one.ultimo) if one.ultimo else "",
        data(one.ate) if one.ate else "",
        one.abertos,
        tuple((dado.nome, dado.resumo) for dado in receives(one.scopes, holder, (), complete=False)),
        tuple(_choice(ref, nome) for ref, nome in one.em_nome),
        one.mais,
        switching(one.client.client_id),
        withdrawing(one.client.client_id),
    )


def sessao_view(session: Session, *, esta: bool) -> SessaoView:
    certificado = session.certificado
    return SessaoView(
        legivel(session.dispositivo, 60) or "Navegador não identificado",
        momento(session.auth_time),
        momento(session.expires_at),
        f"{certificado.tipo.value} {certificado.nivel.value}, de {legivel(certificado.emissor, 60)}",
        esta,
        "" if esta else f"/portal/sessoes/{session.id}/encerrar",
    )


def withdrawing(client_id: str) -> str:
    """The address at which an application's authorization is taken back."""
    return f"/portal/aplicacoes/retirar?{urlencode({'aplicacao': client_id})}"


def switching(client_id: str) -> str:
    """The address at which another inscrição is asked for in an application."""
    return f"/portal/aplicacoes/trocar?{urlencode({'aplicacao': client_id})}"


def _choice(ref: RepresentationRef, nome: str) -> str:
    inscricao = f"inscrição {ref.inscricao.numero} ({ref.inscricao.uf})"
    return ", ".join(filter(None, (legivel(nome, 60), inscricao, _MODOS[ref.modo])))
