"""What the pages about oneself show on the stage: uses in memory, an export, applications, people and their acts."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from idp.domain.client import AuthMethod, Client
from idp.domain.documents import CNPJ, Documento
from idp.domain.representation import Modo, RepresentationRef
from idp.ports import Act, Narrow
from idp.web.views.portal_dados import Prazos
from tests.web import people

DTE = people.CLIENT
NFE = Client("nfe", "Nota Fiscal Avulsa", ("https://nfe.example/cb",), auth_method=AuthMethod.NONE)
PRAZOS = Prazos(180, 365 * 5 + 1, 365 * 10 + 2, 365 * 10 + 2, 4)
OWN_CHOICE = RepresentationRef(people.ACAI_INSCRICOES[0].id, Modo.TITULAR)


def use(id: int, at: datetime, **payload: Any) -> Act:
    """The accountant used the procuração ``prc-dada`` of Açaí at the DT-e."""
    known: dict[str, Any] = {
        "titular": str(people.CONTADORA.documento),
        "nome": people.CONTADORA.nome,
        "certificado": {"politica": "2.16.76.1.2.3.1"},
        "choice": "AM:049000012/procuracao/prc-dada",
        "representado": str(people.ACAI),
        "client": "dte",
        "poderes": ["dte.consultar", "nfe.consultar"],
    }
    kind = "code.refused" if "motivo" in payload else "code.issued"
    return Act(id, kind, at, {**known, **payload})


def acts(now: datetime) -> list[Act]:
    own = {
        "titular": str(people.ACAI),
        "nome": people.ACAI_NOME,
        "responsavel": "90000101281",
        "certificado": {"politica": "2.16.76.1.2.1.1"},
        "choice": "AM:049000012/titular",
        "client": "nfe",
        "poderes": [],
    }
    joao = {"titular": "90000103225", "nome": "JOAO PEDRO TAVARES", "choice": "AM:049000012/procuracao/prc-joao"}
    legal = {
        "titular": "90000101281",
        "nome": "JACIRA BATISTA DE SOUZA",
        "choice": "AM:049000012/representante_legal",
        "client": "nfe",
        "poderes": [],
    }
    hour = timedelta(hours=1)
    return [
        use(7, now - hour),
        use(6, now - 3 * hour, **own),
        use(5, now - 30 * hour, **joao, poder="dte.consultar"),
        use(4, now - 31 * hour, **joao, motivo="nivel_insuficiente"),
        use(3, now - 90 * hour, **legal),
        use(2, now - 900 * hour, choice="AM:049000012/procuracao/prc-gone"),
        use(1, now - 901 * hour, representado=str(people.CASTANHA), choice="AM:049000063/procuracao/prc-castanha"),
    ]


class Trail:
    """Implements :class:`idp.ports.AuditTrail` on a list, newest first."""

    def __init__(self, kept: list[Act]) -> None:
        self.kept = kept

    def uses_of(self, procuracoes: Collection[str], **how: Any) -> Sequence[Act]:
        return self._page([a for a in self.kept if a.payload["choice"].rpartition("/")[2] in procuracoes], **how)

    def on_behalf_of(self, documento: Documento, **how: Any) -> Sequence[Act]:
        id = documento.raiz if isinstance(documento, CNPJ) else documento.numero
        mine = [a for a in self.kept if a.kind == "code.issued" and a.payload["representado"].startswith(id)]
        return self._page(mine, **how)

    def acts_of(self, documento: Documento, **how: Any) -> Sequence[Act]:
        return self._page([a for a in self.kept if a.payload["titular"] == str(documento)], **how)

    def act(self, id: int) -> Act | None:
        return next((one for one in self.kept if one.id == id), None)

    def _page(
        self,
        found: list[Act],
        *,
        before: tuple[datetime, int] | None = None,
        limit: int = 50,
        kinds: Collection[str] = (),
        narrow: Narrow = Narrow(),  # noqa: B008 (immutable)
    ) -> Sequence[Act]:
        return [
            one
            for one in found
            if (before is None or (one.at, one.id) < before)
            and (narrow.since is None or one.at >= narrow.since)
            and narrow.client in (None, one.payload["client"])
            and (narrow.titular is None or one.payload["titular"] == str(narrow.titular))
        ][:limit]


class Exported:
    """Stands for the export; remembers for whom."""

    def __init__(self) -> None:
        self.asked: list[Documento] = []

    def __call__(
        self, documento: Documento, subs: Collection[str], quem: Collection[str], at: datetime
    ) -> Mapping[str, Any]:
        self.asked.append(documento)
        return {"documento": str(documento), "at": at.isoformat(), "tables": {"perfis": [], "subs": len(subs)}}


def crowd(now: datetime, count: int) -> list[Act]:
    """By 40 employees of an office, some time apart."""
    return [
        use(
            10_000 + count - n,
            now - timedelta(minutes=7 * n),
            nome=f"FUNCIONARIO NUMERO {n % 40:02d} DO ESCRITORIO",
            titular=PEOPLE[n % 40],
        )
        for n in range(count)
    ]


def _cpf(n: int) -> str:
    digits = [int(d) for d in f"900002{n:03d}"]
    for length in (9, 10):
        total = sum(d * w for d, w in zip(digits[:length], range(length + 1, 1, -1), strict=True))
        digits.append((total * 10 % 11) % 10)
    return "".join(map(str, digits))


PEOPLE = [_cpf(n) for n in range(40)]
