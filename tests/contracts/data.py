"""One small cadastro, in literal SQL, and the people in it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import Any, TypeVar

from idp.domain.certificado import Certificado, CertificateRef, Nivel, TipoCertificado
from idp.domain.documents import CNPJ, CPF
from idp.domain.grant import CodeBinding, Grant
from idp.domain.inscricao import InscricaoId
from idp.domain.person import PessoaFisica, PessoaJuridica
from idp.domain.representation import Modo, RepresentationRef

T = TypeVar("T")
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)

_PROCURACAO = (
    "INSERT INTO procuracoes (id, outorgante, outorgante_contribuinte, outorgante_nome, outorgado,"
    " outorgado_contribuinte, outorgado_nome, poderes, escopo, inscricoes, inicio, fim, estado, substabelecivel, pai,"
    " nivel_minimo) VALUES "
)
_TIME = "'2026-01-01 00:00:00.000000', '2027-01-01 00:00:00.000000'"
SEED = (
    "INSERT INTO contribuintes (id, nome) VALUES ('99990001', 'Açaí Ltda'), ('99990002', 'Castanha Ltda'),"
    " ('12ABC345', 'Estaleiro Ltda'), ('90000108294', 'Tereza')",
    "INSERT INTO estabelecimentos (documento, contribuinte, matriz) VALUES ('99990001000198', '99990001', TRUE),"
    " ('99990001000279', '99990001', FALSE), ('99990002000132', '99990002', TRUE),"
    " ('12ABC34501DE35', '12ABC345', TRUE), ('90000108294', '90000108294', TRUE)",
    "INSERT INTO inscricoes (uf, numero, documento, contribuinte, situacao, municipio) VALUES"
    " ('AM', '049000012', '99990001000198', '99990001', 'ATIVA', 'Manaus'),"
    " ('AM', '049000039', '99990001000279', '99990001', 'BAIXADA', 'Manacapuru'),"
    " ('AM', '049000063', '99990002000132', '99990002', 'ATIVA', 'Lábrea'),"
    " ('AM', '049000071', '12ABC34501DE35', '12ABC345', 'ATIVA', 'Iranduba'),"
    " ('AM', '049000101', '90000108294', '90000108294', 'ATIVA', 'Tabatinga')",
    "INSERT INTO representantes (contribuinte, cpf, nome) VALUES ('99990001', '90000107212', 'Raimundo'),"
    " ('99990001', '90000101281', 'Jacira'), ('99990002', '90000107212', 'Raimundo')",
    f"{_PROCURACAO} ('p-raiz', '99990001000198', '99990001', 'Açaí Ltda', '90000102253', '90000102253', 'Francisca',"
    f" 'dte.consultar|nfe.consultar', 'raiz', '', {_TIME}, 'ATIVA', TRUE, NULL, 'A3')",
    f"{_PROCURACAO} ('p-filho', '99990001000198', '99990001', 'Açaí Ltda', '90000103225', '90000103225', 'João',"
    f" 'dte.consultar', 'inscricoes', 'AM:049000012|AM:049000039', {_TIME}, 'ATIVA', FALSE, 'p-raiz', NULL)",
    f"{_PROCURACAO} ('p-firma', '12ABC34501DE35', '12ABC345', 'Estaleiro Ltda', '99990002000132', '99990002',"
    f" 'Castanha Ltda', 'todos', 'estabelecimento', '', {_TIME}, 'SUSPENSA', FALSE, NULL, NULL)",
)

ACAI, ACAI_FILIAL = InscricaoId("AM", "049000012"), InscricaoId("AM", "049000039")
CASTANHA, ESTALEIRO = InscricaoId("AM", "049000063"), InscricaoId("AM", "049000071")
INSCRICAO_TEREZA = InscricaoId("AM", "049000101")

RAIMUNDO = PessoaFisica(CPF("90000107212"), "Raimundo")
FRANCISCA = PessoaFisica(CPF("90000102253"), "Francisca")
JOAO = PessoaFisica(CPF("90000103225"), "João")
TEREZA = PessoaFisica(CPF("90000108294"), "Tereza")
EMPRESA_ACAI = PessoaJuridica(CNPJ("99990001000279"), "Açaí Ltda", RAIMUNDO)
EMPRESA_CASTANHA = PessoaJuridica(CNPJ("99990002000132"), "Castanha Ltda", RAIMUNDO)

CERTIFICADO = Certificado(
    TipoCertificado.E_CPF,
    Nivel.A3,
    "AC Teste",
    CertificateRef("ab" * 32, "0f", datetime(2027, 5, 1, 3, 4, 5, 678901, tzinfo=UTC), "2.16.76.1.2.3.1"),
    "thumb",
)
BINDING = CodeBinding("https://rp.test/cb", True, "challenge", NOW + MINUTE)
TITULAR = RepresentationRef(INSCRICAO_TEREZA, Modo.TITULAR)
GRANT = Grant(
    id="g1",
    client_id="rp",
    sub="sub-1",
    sid="sid-1",
    session_id="session-1",
    holder=TEREZA,
    certificado=CERTIFICADO,
    choice=TITULAR,
    scopes=frozenset({"openid", "inscricao"}),
    auth_time=NOW - MINUTE,
    created_at=NOW,
    expires_at=NOW + timedelta(hours=8),
    nonce="n-1",
)


def grant(id: str, **changes: Any) -> Grant:
    return replace(GRANT, id=id, **changes)


class FixedClock:
    """A clock that a test moves by hand."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at

    def advance(self, by: timedelta) -> None:
        self.at += by


def at_once(times: int, act: Callable[[], T]) -> list[T]:
    """Results of ``times`` threads that all begin ``act`` at the same moment."""
    barrier = Barrier(times)

    def run() -> T:
        barrier.wait(timeout=20)
        return act()

    with ThreadPoolExecutor(times) as pool:
        return [future.result(timeout=60) for future in [pool.submit(run) for _ in range(times)]]
