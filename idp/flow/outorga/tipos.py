"""What the flow of giving power returns and raises."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from idp.domain.ato import AtoRegistrado
from idp.domain.certificado import Refused as CertificateVerdict
from idp.domain.documents import Documento
from idp.domain.politica import Impedimento, Qualidade
from idp.domain.procuracao import Procuracao
from idp.errors import IdpError

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Problema:
    """One thing wrong with what was typed. ``campo`` names a field of the Proposta, Solicitacao or Nomeacao, or is
    ``certificado``; ``motivo`` is a token (see ``MOTIVOS``); ``detail`` what it is about: a poder, a date, a level."""

    campo: str
    motivo: str
    detail: str = ""


MOTIVOS = {
    "invalido": "not a CPF or CNPJ; detail: why",
    "vazio": "nothing was given",
    "proprio": "the same person on both sides",
    "nome_nao_confere": "the name is not that of the CPF typed",
    "tentativas": "too many names that did not fit; later",
    "desconhecido": "not in the catalogue (detail: the poder), or no outorgante of this company (detail: as typed)",
    "todos_nao_permitido": "the authority does not let every power be given at once",
    "destinatario": "this power is not for a person of this kind; detail: the poder",
    "nao_substabelecivel": "may not be passed on; detail: the poder, or empty for the procuração",
    "fora_da_procuracao": "more than the procuração passed on gives; detail: the poder, inscrição or date",
    "so_empresa": "a person has no CNPJ root",
    "so_estabelecimento": "an e-CNPJ acts for its own establishment only here",
    "nao_pertence": "no inscrição of who gives; detail: as typed",
    "passado": "has gone by",
    "antes_do_inicio": "ends before it begins",
    "prazo": "longer than allowed; detail: the last day allowed, ISO 8601",
    "selo": "a Selo Eletrônico is no level to demand",
    "nivel": "the certificate used is of too low a level; detail: the level needed",
    "nao_permitido": "the policy has no row that lets this quality give to such a person",
    "profundidade": "passed on as often as the authority allows",
    "encerrada": "the procuração passed on is not in force; detail: its state",
    "cedida": "it was passed on without reserve before",
    "cadastro": "the CNPJ is no establishment of the company in the cadastro",
    "longo": "longer than allowed; detail: characters",
    "muitos": "more than allowed; detail: how many",
    "ja_pedido": "a request to the same person is still open",
    "negado": "asked and denied a short while ago; detail: the first day to ask again, ISO 8601",
    "nao_pode": "this certificate does not stand for who would ask; detail: the Impedimento",
    "repetido": "stands in the file before; detail: its line",
    "mudou": "what was shown no longer holds; read it again",
    "colunas": "the file has no column of that name; detail: its name",
}
"""Every motivo, with its meaning."""


class Refused(IdpError):
    """What was typed cannot be done, for all of these reasons."""

    def __init__(self, problemas: Sequence[Problema]) -> None:
        super().__init__(", ".join(f"{p.campo}: {p.motivo}" for p in problemas))
        self.problemas = tuple(problemas)


class NotFresh(IdpError):
    """The act needs a certificate step made for it: after the draft was shown."""


class CertificateRefused(IdpError):
    """The certificate of the session does not hold any more. ``verdict`` is for its owner to read."""

    def __init__(self, verdict: CertificateVerdict) -> None:
        super().__init__(verdict.first.detail)
        self.verdict = verdict


@dataclass(frozen=True, slots=True)
class EmNomeDe:
    """On whose behalf somebody may give: ``qualidade``, or None and why not."""

    documento: Documento
    nome: str
    qualidade: Qualidade | None = None
    impedimento: Impedimento | None = None


@dataclass(frozen=True, slots=True)
class Pagina(Generic[Item]):
    """One page of a long list; ``pagina`` counts from 1."""

    itens: tuple[Item, ...]
    total: int
    pagina: int
    paginas: int


@dataclass(frozen=True, slots=True)
class Vista:
    """A procuração as one person may see it. ``papel``: outorgante, outorgado, designado, or ascendente (who passed it
    on). ``eventos``: what this person may cause now, of aceitar, recusar, renunciar, revogar, substabelecer.
    ``impedimento``: why none, where the link is there. ``pai``: what it descends from; ``filhas``: what was passed on
    of it."""

    procuracao: Procuracao
    papel: str
    eventos: tuple[str, ...]
    atos: tuple[AtoRegistrado, ...]
    filhas: tuple[Procuracao, ...] = ()
    pai: Procuracao | None = None
    impedimento: Impedimento | None = None

    @property
    def alheia(self) -> bool:
        """Whether what others do by it is none of this person's business: whom the outorgado named, and who passed all
        of it on and kept nothing."""
        ceded = self.papel == "outorgado" and self.procuracao.cedida_a is not None
        left = self.papel == "ascendente" and self.procuracao.sem_reserva
        return self.papel == "designado" or ceded or left


@dataclass(frozen=True, slots=True)
class Lote:
    """What a file of requests led to. ``problemas``: by line of the file, the header being line 1."""

    id: str
    feitos: int
    problemas: tuple[tuple[int, Problema], ...]
