"""Dataclasses as bytes: what goes in comes out, and what cannot be read is said so."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.domain.certificado import (
    Accepted,
    Certificado,
    CertificateRef,
    CertReason,
    Claimed,
    Nivel,
    Reason,
    Refused,
    TipoCertificado,
    Verdict,
)
from idp.domain.documents import CNPJ, CPF
from idp.domain.inscricao import InscricaoId
from idp.domain.person import Holder, PessoaFisica, PessoaJuridica
from idp.domain.representation import Modo, RepresentationRef
from idp.domain.session import Session
from idp.domain.transaction import AuthorizationRequest, Prompt, Transaction
from idp.storage import codec

# Text that UTF-8 can carry: JSON has no lone surrogates.
words = st.text(st.characters(codec="utf-8"), max_size=12)
maybe = st.none() | words
moments = st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=-4))]))
cpfs = st.sampled_from(["90000107212", "90000101281", "11144477735"]).map(CPF)
cnpjs = st.sampled_from(["99990001000198", "12ABC34501DE35"]).map(CNPJ)
people = st.builds(PessoaFisica, cpfs, words)
holders = people | st.builds(PessoaJuridica, cnpjs, words, st.none() | people)
refs = st.builds(CertificateRef, words, words, moments, words)
certificados = st.builds(Certificado, st.sampled_from(TipoCertificado), st.sampled_from(Nivel), words, refs, words)
claims = st.builds(
    Claimed, maybe, maybe, maybe, maybe, st.none() | moments, st.none() | moments, maybe, st.lists(words).map(tuple)
)
reasons = st.builds(Reason, st.sampled_from(CertReason), words, st.none() | moments)
verdicts = st.builds(Accepted, holders, certificados, claims) | st.builds(
    Refused, st.lists(reasons, min_size=1).map(tuple), claims
)
sessions = st.builds(
    Session, key=words, id=words, holder=holders, certificado=certificados, auth_time=moments, expires_at=moments
)
choices = st.builds(
    RepresentationRef,
    st.builds(InscricaoId, st.sampled_from(["AM", "SP"]), st.sampled_from(["049000012", "P011"])),
    st.just(Modo.PROCURACAO),
    st.sampled_from(["p-1", "p-2"]),
)
requests = st.builds(
    AuthorizationRequest,
    client_id=words,
    redirect_uri=words,
    scopes=st.frozensets(words),
    state=maybe,
    prompt=st.frozensets(st.sampled_from(Prompt)),
    max_age=st.none() | st.integers(0, 10**6),
    ui_locales=st.lists(words).map(tuple),
    explicit_redirect_uri=st.booleans(),
)
transactions = st.builds(
    Transaction,
    id=words,
    request=requests,
    browser=words,
    ticket=words,
    csrf=words,
    started_at=moments,
    expires_at=moments,
    session=st.none() | sessions,
    choice=st.none() | choices,
    consented=st.booleans(),
)


@given(transactions)
def test_transactions(tx: Transaction) -> None:
    assert codec.loads(Transaction, codec.dumps(tx)) == tx


@given(verdicts)
def test_verdicts(verdict: Accepted | Refused) -> None:
    assert codec.loads(Verdict, codec.dumps_as(Verdict, verdict)) == verdict


@given(holders)
def test_holders(holder: PessoaFisica | PessoaJuridica) -> None:
    assert codec.loads(Holder, codec.dumps_as(Holder, holder)) == holder


def test_the_bytes_are_plain_json_with_sorted_sets_and_tagged_unions() -> None:
    holder = PessoaJuridica(CNPJ("12ABC34501DE35"), "Ação", PessoaFisica(CPF("90000107212"), "R"))
    assert codec.dumps_as(Holder, holder).decode() == (
        '{"@":"PessoaJuridica","cnpj":"12ABC34501DE35","razao_social":"Ação",'
        '"responsavel":{"cpf":"90000107212","nome":"R"}}'
    )
    session = Session(
        "k",
        "i",
        PessoaFisica(CPF("90000107212"), "R"),
        Certificado(TipoCertificado.E_CPF, Nivel.A1, "AC", CertificateRef("k", "0f", AT, "1.2"), "t"),
        AT,
        AT,
    )
    assert codec.dumps(session).decode() == (
        '{"key":"k","id":"i","holder":{"@":"PessoaFisica","cpf":"90000107212","nome":"R"},'
        '"certificado":{"tipo":"e-CPF","nivel":"A1","emissor":"AC","ref":{"issuer_key":"k","serial":"0f",'
        '"not_after":"2026-11-22T12:00:00.000001+00:00","policy":"1.2"},"thumbprint":"t","in_grace":false},'
        '"auth_time":"2026-11-22T12:00:00.000001+00:00","expires_at":"2026-11-22T12:00:00.000001+00:00",'
        '"dispositivo":"","asks":[]}'
    )


AT = datetime(2026, 11, 22, 8, 0, 0, 1, tzinfo=timezone(timedelta(hours=-4)))


@dataclass(frozen=True)
class Small:
    name: str
    at: datetime
    count: int = 7
    flags: frozenset[str] = frozenset()


def test_a_missing_field_takes_its_default_and_an_unknown_one_is_ignored() -> None:
    stored = b'{"name":"n","at":"2026-11-22T12:00:00+00:00","unheard-of":1}'
    assert codec.loads(Small, stored) == Small("n", datetime(2026, 11, 22, 12, tzinfo=UTC))


@pytest.mark.parametrize(
    "stored",
    [
        b"",
        b"\xff\xfe",
        b"null",
        b"[]",
        b'"text"',
        b"{}",
        b'{"name":"n"}',
        b'{"name":"n","at":"2026-11-22T12:00:00"}',
        b'{"name":"n","at":17}',
        b'{"name":null,"at":"2026-11-22T12:00:00+00:00"}',
        b'{"name":"n","at":"2026-11-22T12:00:00+00:00","count":"7"}',
        b'{"name":"n","at":"2026-11-22T12:00:00+00:00","count":true}',
        b'{"name":"n","at":"2026-11-22T12:00:00+00:00","flags":[["nested"]]}',
        b'{"name":"n","at":"2026-11-22T12:00:00+00:00","flags":null}',
    ],
)
def test_what_is_not_of_the_class_is_unreadable(stored: bytes) -> None:
    with pytest.raises(codec.Unreadable):
        codec.loads(Small, stored)


@pytest.mark.parametrize(
    "stored",
    [
        b'{"@":"PessoaFisica","cpf":"90000107213","nome":"check digit"}',
        b'{"@":"Estranho","cpf":"90000107212","nome":"unknown tag"}',
        b'{"cpf":"90000107212","nome":"no tag"}',
    ],
)
def test_a_holder_is_never_read_from_something_else(stored: bytes) -> None:
    with pytest.raises(codec.Unreadable):
        codec.loads(Holder, stored)
