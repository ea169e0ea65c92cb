"""The application that asks, and what it asks for, in words."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from idp.domain.client import SCOPES, Client
from idp.domain.person import Holder, PessoaJuridica
from idp.domain.transaction import AuthorizationRequest
from idp.web.text import legivel

_RECEIVES = {
    "openid": ("Identificador", "Um código que reconhece você neste serviço. Não é o seu CPF nem o seu CNPJ."),
    "profile": ("Nome", "O nome do titular do certificado e se é pessoa ou empresa."),
    "cpf": ("CPF", "O CPF da pessoa que usa o certificado, completo."),
    "inscricao": (
        "Inscrição",
        "A inscrição que você escolher (número, CNPJ ou CPF, razão social e situação) e em que qualidade você atua: "
        "titular, representante legal ou procuração, com os poderes e o prazo.",
    ),
    "procuracao": ("Procuração", "Se você atuar por procuração, quem a deu."),
    "certificado": ("Certificado", "O tipo, o nível, a Autoridade Certificadora e a validade do seu certificado."),
    "offline_access": ("Acesso prolongado", "Atualizar esses dados sem pedir nova entrada, até o prazo abaixo."),
}


@dataclass(frozen=True, slots=True)
class ClientView:
    """``site``: the host people are taken back to. ``logo``: an https URI, or None."""

    nome: str
    site: str
    logo: str | None
    politica: str | None
    termos: str | None


def client_view(client: Client, request: AuthorizationRequest) -> ClientView:
    return ClientView(
        legivel(client.name, 80),
        urlsplit(request.redirect_uri).hostname or "",
        _https(client.logo_uri),
        _https(client.policy_uri),
        _https(client.tos_uri),
    )


def receives(scopes: frozenset[str], holder: Holder) -> list[tuple[str, str]]:
    """What each scope hands over: (name, sentence), always in the same order."""
    rows = {scope: _RECEIVES[scope] for scope in SCOPES if scope in scopes}
    if isinstance(holder, PessoaJuridica):
        rows.pop("cpf", None)  # a company's certificate proves no CPF as its own
        if holder.responsavel and "inscricao" in rows:
            name, sentence = rows["inscricao"]
            rows["inscricao"] = (name, f"{sentence} Também o nome e o CPF do responsável que consta no seu e-CNPJ.")
    return list(rows.values())


def destinations(client: Client | None, request: AuthorizationRequest) -> tuple[str, ...]:
    """Where the answer of a form in this Transaction may lead."""
    return (request.redirect_uri, *(client.redirect_uris if client else ()))


def _https(uri: str | None) -> str | None:
    return uri if uri and uri.startswith("https://") else None
