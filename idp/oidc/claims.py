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
    """Assurance by the certificate's policy: where its key is kept (OIDC Core §2). Never more than software for one that
    a revocation list past its next update vouched for."""
    certificado = authorization.grant.certificado
    return HARDWARE if certificado.nivel.hardware and not certificado.in_grace else SOFTWARE


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


def _representacao(authorization: Authorization) -> dict[str, Any]:
    representation = authorization.representation
    procuracao = representation.procuracao
    if procuracao is None:
        return {"modo": representation.modo.value}
    outorgante = procuracao.outorgante
    return {
        "modo": representation.modo.value,
        "procuracao": {
            "id": procuracao.id,
            "outorgante": {
                "tipo": "PJ" if isinstance(outorgante, CNPJ) else "PF",
                **_documento(outorgante),
                "nome": procuracao.outorgante_nome,
            },
            "poderes": sorted(procuracao.poderes),
            "inicio": procuracao.vigencia.inicio.date().isoformat(),
            "fim": procuracao.vigencia.fim.date().isoformat(),
            "substabelecida": bool(representation.cadeia),
            **({"cadeia": list(representation.cadeia)} if representation.cadeia else {}),
        },
    }


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
    ``access_token``: APIs need it too."""

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
