"""The application that asks, and what it asks for, in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from idp.domain.client import SCOPES, Client
from idp.domain.documents import CNPJ
from idp.domain.person import Holder, PessoaFisica, PessoaJuridica
from idp.domain.representation import Modo, Representation
from idp.domain.transaction import AuthorizationRequest
from idp.web.text import legivel


@dataclass(frozen=True, slots=True)
class Dado:
    """Something the application is told: its name, what it is in one line, in full, and briefly."""

    nome: str
    resumo: str
    detalhe: str
    curto: str
    """In an enumeration; of what carries a document, what that is."""


_RECEIVES = {
    "openid": Dado(
        "Identificador",
        "um código interno, que não é o seu CPF nem o seu CNPJ",
        "O código é sempre o mesmo neste serviço, que reconhece você por ele.",
        "um código seu",
    ),
    "profile": Dado(
        "Nome",
        "o que está no certificado",
        "O nome do titular do certificado, se é pessoa ou empresa, e o que mais você tiver completado do seu perfil.",
        "nome",
    ),
    "email": Dado(
        "E-mail",
        "o que você tiver informado no portal",
        "O e-mail que você tiver informado no portal, e se foi confirmado. O do certificado não é usado.",
        "e-mail",
    ),
    "phone": Dado(
        "Telefone",
        "o que você tiver informado no portal",
        "O telefone que você tiver informado no portal, e se foi confirmado.",
        "telefone",
    ),
    "address": Dado(
        "Endereço", "o que você tiver informado no portal", "O endereço que você tiver informado no portal.", "endereço"
    ),
    "cpf": Dado("CPF", "o seu, completo", "O CPF da pessoa que usa o certificado, completo.", "o seu CPF completo"),
    "certificado": Dado(
        "Certificado",
        "tipo, emissor e validade",
        "O tipo, o nível, a política, a Autoridade Certificadora e a validade do seu certificado.",
        "dados do certificado",
    ),
}
_QUALIDADES = {
    Modo.TITULAR: "titular",
    Modo.REPRESENTANTE_LEGAL: "representante legal",
    Modo.PROCURACAO: "por procuração, com os poderes e o prazo",
}


@dataclass(frozen=True, slots=True)
class ClientView:
    """``site``: the host people are taken back to. ``logo``: an https URI, or None."""

    nome: str
    site: str
    logo: str | None
    politica: str | None
    termos: str | None


PORTAL = ClientView("Portaria: suas procurações", "", None, None, None)
"""Who asks when a person comes for the provider's own pages."""


def client_view(client: Client, request: AuthorizationRequest) -> ClientView:
    return ClientView(
        legivel(client.name, 80),
        urlsplit(request.redirect_uri).hostname or "",
        _https(client.logo_uri),
        _https(client.policy_uri),
        _https(client.tos_uri),
    )


def receives(
    scopes: frozenset[str], holder: Holder, available: Sequence[Representation], *, complete: bool = True
) -> list[Dado]:
    """What ``scopes`` hand over of whoever chooses one of ``available``, always in the same order. Not ``complete``:
    there are more than these, of any kind."""
    told = dict(_RECEIVES)
    if isinstance(holder, PessoaJuridica):
        told.pop("cpf")  # a company's certificate proves no CPF as its own
    told["inscricao"] = _inscricao(available, complete)
    if not complete or any(one.modo is Modo.PROCURACAO for one in available):
        told["procuracao"] = Dado(
            "Procuração",
            "quem a deu",
            "Se você atuar por procuração: nome e CNPJ ou CPF de quem a deu.",
            "quem deu a procuração",
        )
    found = []
    for scope in SCOPES:
        if scope in scopes and scope in told:
            found.append(told[scope])
            if scope == "inscricao" and isinstance(holder, PessoaJuridica) and holder.responsavel:
                found.append(_responsavel(holder.responsavel))
    return found


def withheld(
    scopes: frozenset[str], holder: Holder, available: Sequence[Representation], *, complete: bool = True
) -> str:
    """What the application is not told, as the end of a sentence."""
    never = ["a senha ou o PIN do certificado"]
    if not complete or len(available) > 1:
        never.append("as outras inscrições desta lista")
    if isinstance(holder, PessoaFisica) and "cpf" not in scopes and complete and not _of_persons(available):
        never.insert(0, "o seu CPF")
    return ", ".join(never[:-1]) + " nem " + never[-1] if len(never) > 1 else never[0]


def _inscricao(available: Sequence[Representation], complete: bool) -> Dado:
    kinds = {isinstance(one.inscricao.contribuinte, CNPJ) for one in available} if complete else {True, False}
    document = "CNPJ ou CPF completo" if len(kinds) > 1 else "CNPJ" if kinds == {True} else "CPF completo"
    name = "razão social" if kinds == {True} else "nome"
    modes = {one.modo for one in available} if complete else set(Modo)
    quality = ", ".join(words for modo, words in _QUALIDADES.items() if modo in modes)
    detail = f"A inscrição que você escolher, e em que qualidade você atua: {quality}."
    if False in kinds:
        detail += " A inscrição de uma pessoa leva o CPF dela, completo."
    summary = f"número, {document}, {name} e situação"
    return Dado("Inscrição estadual escolhida", summary, detail, f"inscrição estadual escolhida ({summary})")


def _responsavel(person: PessoaFisica) -> Dado:
    name = legivel(person.nome, 80)
    return Dado(
        "Responsável",
        f"nome e CPF completo de {name}",
        f"O nome e o CPF da pessoa que o seu e-CNPJ traz como responsável: {name}, CPF {person.cpf.mascarado}.",
        "nome e CPF completo do responsável",
    )


def _of_persons(available: Sequence[Representation]) -> bool:
    return any(not isinstance(one.inscricao.contribuinte, CNPJ) for one in available)


def destinations(client: Client | None, request: AuthorizationRequest) -> tuple[str, ...]:
    """Where the answer of a form in this Transaction may lead."""
    return (request.redirect_uri, *(client.redirect_uris if client else ()))


def _https(uri: str | None) -> str | None:
    return uri if uri and uri.startswith("https://") else None
