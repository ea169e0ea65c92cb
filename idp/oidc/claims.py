"""What each scope tells a client, claim by claim: the table to read, and to extend by one line.

Names are flat, short and Portuguese; documents are unmasked text. A claim that does not apply is left out, never null.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from idp.domain.documents import CNPJ, Documento
from idp.domain.grant import Authorization
from idp.domain.person import PessoaFisica, PessoaJuridica

ACR_PREFIX = "urn:portaria:icp:"
SOFTWARE = ACR_PREFIX + "software"
HARDWARE = ACR_PREFIX + "hardware"
ACR_VALUES = (SOFTWARE, HARDWARE)


def acr(authorization: Authorization) -> str:
    """Assurance by the certificate's policy: where its key is kept (OIDC Core §2). A seal is never more than software:
    its hardware says nothing of a person's presence; nor is what a list past its next update vouched for."""
    certificado = authorization.grant.certificado
    nivel = certificado.nivel
    return HARDWARE if nivel.hardware and not nivel.selo and not certificado.in_grace else SOFTWARE


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


def _direito(authorization: Authorization) -> dict[str, Any]:
    """By what right, and how far it reaches: never apart from the inscrição, or a person who takes a scope out of the
    request would be to the application the company itself."""
    representation = authorization.representation
    procuracao = representation.procuracao
    if procuracao is None:
        return {"modo": representation.modo.value}
    return {
        "modo": representation.modo.value,
        "procuracao": {
            "id": procuracao.id,
            "poderes": sorted(procuracao.poderes),
            "inicio": procuracao.vigencia.inicio.date().isoformat(),
            "fim": procuracao.vigencia.fim.date().isoformat(),
            "substabelecida": bool(representation.cadeia),
        },
    }


def _representacao(authorization: Authorization) -> dict[str, Any]:
    """The same, and who gave the procuração."""
    right = _direito(authorization)
    procuracao, cadeia = authorization.representation.procuracao, authorization.representation.cadeia
    if procuracao is not None:
        right["procuracao"]["outorgante"] = {
            "tipo": "PJ" if isinstance(procuracao.outorgante, CNPJ) else "PF",
            **_documento(procuracao.outorgante),
            "nome": procuracao.outorgante_nome,
        }
        if cadeia:
            right["procuracao"]["cadeia"] = list(cadeia)
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
    ``access_token``: APIs need it too. Of two lines with one name the later counts, where both scopes are there."""

    name: str
    scope: str
    value: Callable[[Authorization], Any]
    access_token: bool = False


CLAIMS: tuple[Claim, ...] = (
    # Who is there: documents only where the client was given the scope for them and asked.
    Claim("titular", "profile", _titular),
    Claim("cpf", "cpf", _cpf),
    Claim("responsavel", "inscricao", _responsavel),
    # On whose behalf, and by what right.
    Claim("inscricao", "inscricao", _inscricao, access_token=True),
    Claim("cnpj", "inscricao", _cnpj),
    Claim("cnpj_raiz", "inscricao", _cnpj_raiz),
    Claim("representacao", "inscricao", _direito, access_token=True),
    Claim("representacao", "procuracao", _representacao, access_token=True),
    Claim("certificado", "certificado", _certificado),
)
_ACCESS_TOKEN = tuple(claim for claim in CLAIMS if claim.access_token)


def scope_claims(authorization: Authorization, scopes: Collection[str]) -> dict[str, Any]:
    """What an ID token or userinfo says for ``scopes``."""
    return _select(CLAIMS, authorization, scopes)


def access_token_claims(authorization: Authorization, scopes: Collection[str]) -> dict[str, Any]:
    """What an access token says for ``scopes``."""
    return _select(_ACCESS_TOKEN, authorization, scopes)


def _select(table: tuple[Claim, ...], authorization: Authorization, scopes: Collection[str]) -> dict[str, Any]:
    made = ((claim.name, claim.value(authorization)) for claim in table if claim.scope in scopes)
    return {name: value for name, value in made if value is not None}
