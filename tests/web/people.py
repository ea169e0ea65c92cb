"""Fictitious people, companies and requests, as flow would hand them to the pages."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from idp.domain.certificado import (
    Certificado,
    CertificateRef,
    CertReason,
    Claimed,
    Nivel,
    Reason,
    Refused,
    TipoCertificado,
)
from idp.domain.client import SCOPES, AuthMethod, Client
from idp.domain.documents import CNPJ, CPF
from idp.domain.inscricao import Inscricao, InscricaoId, SituacaoCadastral
from idp.domain.person import PessoaFisica, PessoaJuridica
from idp.domain.procuracao import Escopo, EstadoProcuracao, Procuracao, TipoEscopo, Vigencia
from idp.domain.representation import Fatos, Modo, Motivo, Representation
from idp.domain.session import Session
from idp.domain.transaction import AuthorizationRequest, Transaction
from idp.flow.choices import Choices, Missing
from idp.flow.outcome import AskConsent, AskLogin

NOW = datetime(2026, 11, 22, 17, 30, tzinfo=UTC)
TX, TICKET, CSRF = "T" * 22, "K" * 43, "C" * 43

CONTADORA = PessoaFisica(CPF("90000102253"), "FRANCISCA CHAGAS DO NASCIMENTO")
EMPRESA = PessoaJuridica(
    CNPJ("99990001000198"),
    "ACAI DO RIO NEGRO ALIMENTOS LTDA",
    PessoaFisica(CPF("90000101281"), "JACIRA BATISTA DE SOUZA"),
)

CLIENT = Client(
    "dte",
    "Domicílio Tributário Eletrônico",
    ("https://dte.sefaz.example/retorno",),
    auth_method=AuthMethod.NONE,
    policy_uri="https://dte.sefaz.example/privacidade",
)
REQUEST = AuthorizationRequest("dte", "https://dte.sefaz.example/retorno", frozenset(SCOPES) - {"cpf"})


class FixedClock:
    def now(self) -> datetime:
        return NOW


class OneClient:
    def __init__(self, client: Client = CLIENT) -> None:
        self.client = client

    def get(self, client_id: str) -> Client | None:
        return self.client if client_id == self.client.client_id else None


def certificado(tipo: TipoCertificado, nivel: Nivel, *, days: int = 400) -> Certificado:
    ref = CertificateRef("ab" * 32, "1f", NOW + timedelta(days=days), "2.16.76.1.2.3.1")
    return Certificado(tipo, nivel, "AC Sandbox RFB v5", ref, "x" * 43)


def session(holder: PessoaFisica | PessoaJuridica = CONTADORA, *, days: int = 400) -> Session:
    if isinstance(holder, PessoaFisica):
        proved = certificado(TipoCertificado.E_CPF, Nivel.A3, days=days)
    else:
        proved = certificado(TipoCertificado.E_CNPJ, Nivel.A1, days=days)
    return Session("k" * 64, "S" * 22, holder, proved, NOW, NOW + timedelta(hours=4))


def transaction(**changes: object) -> Transaction:
    tx = Transaction(TX, REQUEST, "b" * 64, TICKET, CSRF, NOW, NOW + timedelta(minutes=15))
    return replace(tx, **changes)  # type: ignore[arg-type]


def inscricao(numero: str, contribuinte: CNPJ | CPF, nome: str, municipio: str, **more: object) -> Inscricao:
    ativa = SituacaoCadastral.ATIVA
    known = Inscricao(InscricaoId("AM", numero), contribuinte, nome, ativa, municipio=municipio)
    return replace(known, **more)  # type: ignore[arg-type]


ACAI, ACAI_2, ACAI_3 = CNPJ("99990001000198"), CNPJ("99990001000279"), CNPJ("99990001000350")
ACAI_NOME = "ACAI DO RIO NEGRO ALIMENTOS LTDA"
ESTALEIRO, CASTANHA = CNPJ("12ABC34501DE35"), CNPJ("99990002000132")
ACAI_INSCRICOES = (
    inscricao("049000012", ACAI, ACAI_NOME, "Manaus"),
    inscricao("049000020", ACAI, ACAI_NOME, "Manaus"),
    inscricao("049000039", ACAI_2, ACAI_NOME, "Manacapuru", matriz=False),
    inscricao("049000047", ACAI_2, ACAI_NOME, "Manacapuru", matriz=False),
    inscricao("049000055", ACAI_3, ACAI_NOME, "Parintins", matriz=False),
)


def procuracao(id: str, outorgante: CNPJ, nome: str, *poderes: str, **more: object) -> Procuracao:
    known = Procuracao(
        id,
        outorgante,
        nome,
        CONTADORA.cpf,
        CONTADORA.nome,
        frozenset(poderes or ("dte.consultar",)),
        Escopo(TipoEscopo.RAIZ),
        Vigencia(NOW - timedelta(days=100), datetime(2027, 9, 23, 3, tzinfo=UTC)),
        EstadoProcuracao.ATIVA,
    )
    return replace(known, **more)  # type: ignore[arg-type]


def by_procuracao(inscricao: Inscricao, link: Procuracao) -> Representation:
    return Representation(inscricao, Modo.PROCURACAO, link, (), link.vigencia.fim)


P_ACAI = procuracao("prc-acai", ACAI, ACAI_NOME, "dte.consultar", "dte.dar_ciencia", "nfe.consultar")
P_PENDENTE = procuracao(
    "prc-castanha", CASTANHA, "CASTANHA DO PURUS BENEFICIAMENTO LTDA", "dte.consultar", estado=EstadoProcuracao.PENDENTE
)
P_ESTALEIRO = procuracao("prc-estaleiro", ESTALEIRO, "ESTALEIRO ENCONTRO DAS AGUAS LTDA", "todos")
ACCOUNTANT_CHOICES = (
    Representation(inscricao("049000101", CONTADORA.cpf, CONTADORA.nome, "Tefé"), Modo.TITULAR),
    Representation(
        inscricao("049000098", CNPJ("99990004000121"), "CHAGAS CONTABILIDADE LTDA", "Manaus"), Modo.REPRESENTANTE_LEGAL
    ),
    *(by_procuracao(one, P_ACAI) for one in ACAI_INSCRICOES),
    by_procuracao(
        inscricao("049000071", ESTALEIRO, "ESTALEIRO ENCONTRO DAS AGUAS LTDA", "São Gabriel da Cachoeira"), P_ESTALEIRO
    ),
)
COMPANY_CHOICES = tuple(Representation(one, Modo.TITULAR) for one in ACAI_INSCRICOES)


def missing(motivo: Motivo, detail: str = "", **more: object) -> Missing:
    link = procuracao("prc-castanha", CASTANHA, "CASTANHA DO PURUS BENEFICIAMENTO LTDA", **more)
    known = inscricao("049000063", CASTANHA, "CASTANHA DO PURUS BENEFICIAMENTO LTDA", "Lábrea")
    if motivo is Motivo.SITUACAO:
        known = replace(known, situacao=SituacaoCadastral.BAIXADA)
    return Missing(Modo.PROCURACAO, Fatos(known, cadeia=(link,)), motivo, detail or link.id)


MISSING = (
    missing(Motivo.REVOGADA, estado_em=NOW - timedelta(days=3)),
    missing(Motivo.EXPIRADA, vigencia=Vigencia(NOW - timedelta(days=900), datetime(2026, 6, 6, 3, tzinfo=UTC))),
    missing(Motivo.PENDENTE),
    missing(Motivo.NIVEL, "A4"),
    missing(Motivo.PODER),
    missing(Motivo.SITUACAO, "BAIXADA"),
)


def many(count: int) -> tuple[Representation, ...]:
    """As many procurações as a large accounting office has."""
    return tuple(
        by_procuracao(
            inscricao(f"05{i:07d}", CASTANHA, f"COMERCIO NUMERO {i:04d} LTDA", "Humaitá"),
            procuracao(f"prc-{i}", CASTANHA, f"COMERCIO NUMERO {i:04d} LTDA"),
        )
        for i in range(count)
    )


def ask_consent(
    available: tuple[Representation, ...] = ACCOUNTANT_CHOICES,
    absent: tuple[Missing, ...] = MISSING,
    *,
    holder: PessoaFisica | PessoaJuridica = CONTADORA,
    refused: Motivo | None = None,
    days: int = 400,
    **more: Any,
) -> AskConsent:
    return AskConsent(transaction(session=session(holder, days=days)), Choices(available, absent, **more), refused)


def ask_offered(procuracao: Procuracao) -> AskConsent:
    return AskConsent(transaction(session=session()), offered=procuracao)


CLAIMED = Claimed(
    "FRANCISCA CHAGAS DO NASCIMENTO",
    "90000102253",
    None,
    "AC Sandbox RFB v5",
    NOW - timedelta(days=1000),
    NOW - timedelta(days=12),
    "1f2e3d4c5b6a",
    ("2.16.76.1.2.3.1",),
)


def refused(code: CertReason, detail: str = "detail", *, claimed: Claimed = CLAIMED, dated: bool = True) -> AskLogin:
    at = NOW - timedelta(days=12) if dated else None
    return AskLogin(transaction(), Refused((Reason(code, detail, at),), claimed))
