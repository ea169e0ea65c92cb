"""What each scope tells a client, claim by claim: the table to read, and to extend by one line.

Our own names are flat, short and Portuguese; documents are unmasked text. A claim that does not apply is left out,
never null. A client hears no claim and no poder beyond the lists of its registration, where it has such lists.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from idp.domain.acr import acr_of
from idp.domain.claims import ClaimAsked
from idp.domain.client import Client
from idp.domain.documents import CNPJ, Documento
from idp.domain.grant import Authorization
from idp.domain.person import PessoaFisica, PessoaJuridica
from idp.domain.procuracao import TODOS, Poder
from idp.oidc.standard_claims import STANDARD


def acr(authorization: Authorization) -> str:
    """The assurance of the login behind ``authorization``."""
    return acr_of(authorization.grant.certificado)


def amr(authorization: Authorization) -> list[str]:
    """RFC 8176 §2: proof of a software or hardware key. That a PIN or card was used, TLS cannot show."""
    return ["x509", "hwk" if authorization.grant.certificado.nivel.hardware else "swk"]


def _titular(authorization: Authorization) -> dict[str, str]:
    holder = authorization.grant.holder
    return {"tipo": "PF" if isinstance(holder, PessoaFisica) else "PJ", "nome": holder.nome}


def _cpf(authorization: Authorization) -> str | None:
    holder = authorization.grant.holder
    return holder.cpf.numero if isinstance(holder, PessoaFisica) else None


def _cnpj(authorization: Authorization) -> str | None:
    contribuinte = authorization.representation.inscricao.contribuinte
    return contribuinte.numero if isinstance(contribuinte, CNPJ) else None


def _cnpj_raiz(authorization: Authorization) -> str | None:
    return authorization.representation.inscricao.raiz


def _inscricao(authorization: Authorization) -> dict[str, str]:
    inscricao = authorization.representation.inscricao
    return {
        "uf": inscricao.id.uf,
        "numero": inscricao.id.numero,
        **_documento(inscricao.contribuinte),
        "razao_social": inscricao.razao_social,
        "situacao": inscricao.situacao.value,
    }


def _responsavel(authorization: Authorization) -> dict[str, str] | None:
    holder = authorization.grant.holder
    if not isinstance(holder, PessoaJuridica) or holder.responsavel is None:
        return None
    return {"cpf": holder.responsavel.cpf.numero, "nome": holder.responsavel.nome}


def direito(authorization: Authorization) -> dict[str, Any]:
    """By what right, and how far it reaches: never apart from the inscrição, or a person who takes a scope out of the
    request would be to the application the company itself."""
    representation = authorization.representation
    procuracao = representation.procuracao
    if procuracao is None:
        return {"modo": representation.modo.value}
    first, last = procuracao.vigencia.dias(authorization.timezone)
    return {
        "modo": representation.modo.value,
        "procuracao": {
            "id": procuracao.id,
            "poderes": sorted(_shown(representation.poderes, authorization.client)),
            "inicio": first.isoformat(),
            "fim": last.isoformat(),
            "substabelecida": bool(representation.cadeia),
        },
    }


def _shown(poderes: Collection[Poder], client: Client) -> Collection[Poder]:
    """Of ``poderes``, those that the client may be shown; of "todos", whatever it may be shown at all."""
    if client.poderes is None:
        return poderes
    return client.poderes if TODOS in poderes else client.poderes & frozenset(poderes)


def _representacao(authorization: Authorization) -> dict[str, Any]:
    """The same, and who gave the procuração."""
    right = direito(authorization)
    procuracao, cadeia = authorization.representation.procuracao, authorization.representation.cadeia
    if procuracao is not None:
        right["procuracao"]["outorgante"] = {
            "tipo": "PJ" if isinstance(procuracao.outorgante, CNPJ) else "PF",
            **_documento(procuracao.outorgante),
            "nome": procuracao.outorgante_nome,
        }
        if cadeia:
            right["procuracao"]["cadeia"] = list(cadeia)
        if named := authorization.representation.designacao:
            right["procuracao"]["designada_por"] = {**_documento(named.empresa), "nome": named.empresa_nome}
    return right


def _certificado(authorization: Authorization) -> dict[str, Any]:
    certificado = authorization.grant.certificado
    return {
        "tipo": certificado.tipo.value,
        "nivel": certificado.nivel.value,
        "politica": certificado.politica,
        "emissor": certificado.emissor,
        "validade": int(certificado.validade.timestamp()),
    }


def _documento(documento: Documento) -> dict[str, str]:
    return {"cnpj" if isinstance(documento, CNPJ) else "cpf": documento.numero}


@dataclass(frozen=True, slots=True)
class Claim:
    """One claim of ID tokens and userinfo: the scope that asks for it, and how it is made (None leaves it out).
    ``access_token``: APIs need it too. ``standard``: of OIDC Core §5.1. Of two lines with one name the later counts,
    where both scopes are there."""

    name: str
    scope: str
    value: Callable[[Authorization], Any]
    access_token: bool = False
    standard: bool = False


CLAIMS: tuple[Claim, ...] = (
    *(Claim(name, scope, value, standard=True) for name, scope, value in STANDARD),
    # Who is there: documents only where the client was given the scope for them and asked.
    Claim("titular", "profile", _titular),
    Claim("cpf", "cpf", _cpf),
    Claim("responsavel", "inscricao", _responsavel),
    # On whose behalf, and by what right.
    Claim("inscricao", "inscricao", _inscricao, access_token=True),
    Claim("cnpj", "inscricao", _cnpj),
    Claim("cnpj_raiz", "inscricao", _cnpj_raiz),
    Claim("representacao", "inscricao", direito, access_token=True),
    Claim("representacao", "procuracao", _representacao, access_token=True),
    Claim("certificado", "certificado", _certificado),
)
OWN_SCOPES = frozenset({"cpf", "inscricao", "procuracao", "certificado"})
"""Whoever asks for one of these speaks our vocabulary, and finds all of it in the ID token."""
_OF_THE_INSCRICAO = frozenset({"inscricao", "cnpj", "cnpj_raiz"})
_RIGHT = "representacao"


def may_receive(client: Client, name: str, scope: str) -> bool:
    """Whether the registration of ``client`` lets it hear the claim ``name`` of ``scope``. The right goes wherever the
    inscrição goes, or whoever comes with a procuração would look like the company itself."""
    if scope not in client.scopes:
        return False
    told = client.claims
    return told is None or name in told or (name == _RIGHT and not _OF_THE_INSCRICAO.isdisjoint(told))


def claim_asked(client: Client, name: str) -> str | None:
    """The scope of the claim ``name``, if there is such a claim and ``client`` may ask for it by name."""
    return next((one.scope for one in CLAIMS if one.name == name and may_receive(client, name, one.scope)), None)


def id_token_claims(authorization: Authorization, scopes: Collection[str], *, alone: bool = False) -> dict[str, Any]:
    """What an ID token says of the person for ``scopes``, and what was asked of it by name. Standard claims by scope
    are userinfo's, unless the ID token comes ``alone``, without access token (OIDC Core §5.4)."""
    own = not OWN_SCOPES.isdisjoint(scopes)
    told = _select(authorization, scopes, lambda one: alone if one.standard else own or alone)
    return asked_claims(authorization, authorization.grant.claims.id_token) | told


def userinfo_claims(authorization: Authorization, scopes: Collection[str]) -> dict[str, Any]:
    """What userinfo says for ``scopes`` to a token that was made for it, and what was asked of it by name."""
    told = {"sub": authorization.grant.sub, **_select(authorization, scopes, lambda _: True)}
    return asked_claims(authorization, authorization.grant.claims.userinfo) | told


def access_token_claims(authorization: Authorization, scopes: Collection[str]) -> dict[str, Any]:
    """What an access token says for ``scopes``."""
    return _select(authorization, scopes, lambda one: one.access_token)


def asked_claims(authorization: Authorization, asked: Collection[ClaimAsked]) -> dict[str, Any]:
    """Claims asked for by name (OIDC Core §5.5.1), the right with the inscrição. One that is not any of the values
    asked for is left out."""
    told: dict[str, Any] = {}
    for one in asked:
        found = _by_name(authorization, one.name)
        if found is None or (one.values and not any(_matches(found, value) for value in one.values)):
            continue
        told[one.name] = found
        if one.name in _OF_THE_INSCRICAO:
            told[_RIGHT] = direito(authorization)
    return told


def _by_name(authorization: Authorization, name: str) -> Any:
    return next(
        (
            one.value(authorization)
            for one in CLAIMS
            if one.name == name and may_receive(authorization.client, name, one.scope)
        ),
        None,
    )


def _matches(told: Any, wanted: Any) -> bool:
    """Equal, or an object that has all members wanted; true is not 1 (JSON, not Python)."""
    if isinstance(told, dict) and isinstance(wanted, dict):
        return all(name in told and _matches(told[name], value) for name, value in wanted.items())
    return bool(told == wanted) and isinstance(told, bool) == isinstance(wanted, bool)


def _select(authorization: Authorization, scopes: Collection[str], which: Callable[[Claim], bool]) -> dict[str, Any]:
    client = authorization.client
    made = (
        (one.name, one.value(authorization))
        for one in CLAIMS
        if one.scope in scopes and which(one) and may_receive(client, one.name, one.scope)
    )
    return {name: value for name, value in made if value is not None}
