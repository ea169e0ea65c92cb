"""The address at which whoever holds a token made by a procuração asks whether that is still in force."""

from __future__ import annotations

from typing import Any

PATH = "/procuracoes"


def with_status(claims: dict[str, Any], issuer: str) -> dict[str, Any]:
    """``claims`` with ``representacao.procuracao.status``, where the right rests on a procuração."""
    procuracao = claims.get("representacao", {}).get("procuracao")
    if procuracao is not None:
        procuracao["status"] = f"{issuer}{PATH}/{procuracao['id']}/status"
    return claims
