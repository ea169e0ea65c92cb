"""``idp cert``: what a login would say of a certificate."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from idp.certificate import encodings, tokens
from idp.certificate.leaf import judge
from idp.certificate.trust import TrustList
from idp.cli.moments import AT
from idp.cli.output import as_json, fail, json_option
from idp.cli.trust import opened
from idp.domain.certificado import Accepted, Certificado, Claimed, Reason, Verdict
from idp.domain.person import Holder, PessoaFisica
from idp.errors import ConfigurationError

_MAX_FILE = 1024 * 1024


@click.group()
def group() -> None:
    """Taxpayers' certificates."""


@group.command()
@click.argument("file", type=click.Path(path_type=Path))
@json_option
@AT
@click.option("--trust", "trust_file", type=click.Path(path_type=Path), help="A compiled list other than the own.")
def inspect(file: Path, at: datetime, trust_file: Path | None) -> None:
    """Judge the certificate in FILE (PEM or DER) as a login would. Exit code: 0 accepted, 1 refused, 2 unusable."""
    try:
        der = _first_certificate(file)
        trust, index = opened(trust_file)
    except ConfigurationError as error:
        fail(2, error.problem, error.remedy)
    verdict = judge(der, trust=trust, revocation=index, at=at)
    if as_json():
        click.echo(json.dumps(as_dict(verdict, trust, at), ensure_ascii=False, indent=2))
    else:
        _print(verdict)
    raise SystemExit(0 if isinstance(verdict, Accepted) else 1)


def as_dict(verdict: Verdict, trust: TrustList, at: datetime) -> dict[str, Any]:
    """The stable JSON form of a verdict, as docs/certificate-verdict.md describes it."""
    document: dict[str, Any] = {"verdict": "accepted" if isinstance(verdict, Accepted) else "refused"}
    reasons = () if isinstance(verdict, Accepted) else verdict.reasons
    document["reason"] = reasons[0].code.value if reasons else None
    document["detail"] = reasons[0].detail if reasons else None
    document["reasons"] = [_reason(reason) for reason in reasons]
    if isinstance(verdict, Accepted):
        document["holder"] = _holder(verdict.holder)
        document["certificado"] = _certificado(verdict.certificado)
    document["claimed"] = _claimed(verdict.claimed)
    document["at"] = at.isoformat()
    document["trust"] = {"realm": trust.realm, "compiled_at": trust.compiled_at.isoformat()}
    return document


def _first_certificate(file: Path) -> bytes:
    try:
        with file.open("rb") as opened_file:
            data = opened_file.read(_MAX_FILE + 1)
        if not data or len(data) > _MAX_FILE:
            raise ValueError("empty" if not data else f"larger than {_MAX_FILE} bytes")
        return encodings.certificates(data)[0]
    except (OSError, ValueError) as error:
        fail(2, f"{file}: no certificate to judge ({error})")


def _reason(reason: Reason) -> dict[str, Any]:
    return {"reason": reason.code.value, "detail": reason.detail, "at": _iso(reason.at)}


def _holder(holder: Holder) -> dict[str, Any]:
    if isinstance(holder, PessoaFisica):
        return {"tipo": "PF", "cpf": holder.cpf.numero, "nome": holder.nome}
    responsavel = holder.responsavel
    return {
        "tipo": "PJ",
        "cnpj": holder.cnpj.numero,
        "nome": holder.razao_social,
        "responsavel": {"cpf": responsavel.cpf.numero, "nome": responsavel.nome} if responsavel else None,
    }


def _certificado(certificado: Certificado) -> dict[str, Any]:
    return {
        "tipo": certificado.tipo.value,
        "nivel": certificado.nivel.value,
        "politica": certificado.politica,
        "emissor": certificado.emissor,
        "emissor_chave": certificado.ref.issuer_key,
        "serial": certificado.ref.serial,
        "validade": _iso(certificado.validade),
        "x5t#S256": certificado.thumbprint,
        "in_grace": certificado.in_grace,
    }


def _claimed(claimed: Claimed) -> dict[str, Any]:
    return {
        "nome": claimed.nome,
        "documento": claimed.documento,
        "responsavel": claimed.responsavel,
        "emissor": claimed.emissor,
        "not_before": _iso(claimed.not_before),
        "not_after": _iso(claimed.not_after),
        "serial": claimed.serial,
        "politicas": list(claimed.politicas),
    }


def _print(verdict: Verdict) -> None:
    if isinstance(verdict, Accepted):
        certificado = verdict.certificado
        click.echo(f"accepted  {certificado.tipo.value} {certificado.nivel.value}, issued by {certificado.emissor}")
        for key, value in _holder(verdict.holder).items():
            click.echo(f"  {key}: {json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else value}")
        click.echo(f"  valid until {_iso(certificado.validade)}")
        if certificado.in_grace:
            click.echo("  a revocation list is past its next update: accepted within the grace, with a lower acr")
        return
    click.echo("refused")
    for reason in verdict.reasons:
        moment = f" ({_iso(reason.at)})" if reason.at else ""
        click.echo(f"  {reason.code.value} {reason.detail}: {tokens.VERDICT[reason.detail]}{moment}")
    click.echo("It says, and nothing of this was believed:")
    for key, value in _claimed(verdict.claimed).items():
        if value:
            click.echo(f"  {key}: {_printable(', '.join(value) if isinstance(value, list) else value)}")


def _printable(text: str) -> str:
    """Hostile text made safe for a terminal: whatever is not printable becomes its escape."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
