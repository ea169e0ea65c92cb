"""When a session answers an authorization request, and what a Transaction forgets (OIDC Core §3.1.2.1)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from idp.domain.grant import Authorization, Grant
from idp.domain.representation import Modo, Representation, RepresentationRef
from idp.domain.session import Session
from idp.domain.transaction import AuthorizationRequest, Prompt, Transaction
from tests.domain.samples import AM1, T0, ada, certificado, inscricao, procuracao
from tests.domain.test_client import RP


def session(seconds_ago: float) -> Session:
    at = T0 - timedelta(seconds=seconds_ago)
    return Session("key", "session", ada, certificado(), at, T0 + timedelta(hours=4))


def transaction(*prompt: Prompt, max_age: int | None = None) -> Transaction:
    request = AuthorizationRequest(
        "rp", "https://rp.example/cb", frozenset({"openid"}), prompt=frozenset(prompt), max_age=max_age
    )
    return Transaction("tx", request, "browser", "ticket", "csrf", T0, T0 + timedelta(minutes=15))


@pytest.mark.parametrize(
    ("prompt", "max_age", "seconds_ago", "enough"),
    [
        ((), None, 3600, True),
        ((Prompt.NONE,), None, 3600, True),
        ((Prompt.CONSENT,), None, 3600, True),
        ((Prompt.SELECT_ACCOUNT,), None, 3600, True),
        ((Prompt.LOGIN,), None, 1, False),
        ((Prompt.LOGIN,), None, -5, True),  # made for this Transaction
        ((Prompt.LOGIN, Prompt.CONSENT), None, 1, False),
        ((), 0, 1, False),
        ((), 0, 0.001, False),
        ((), 0, -5, True),  # or max_age=0 would ask for ever
        ((), 300, 299, True),
        ((), 300, 300, True),
        ((), 300, 300.001, False),
        ((Prompt.NONE,), 300, 301, False),
        ((Prompt.LOGIN,), 3600, 1, False),
    ],
)
@pytest.mark.attack("ATK-099")
def test_prompt_login_and_max_age_ask_for_a_fresh_login(prompt, max_age, seconds_ago, enough) -> None:
    assert transaction(*prompt, max_age=max_age).authenticated_enough(session(seconds_ago), T0) is enough


def test_a_new_login_forgets_the_choice_made_before() -> None:
    chosen = transaction().with_session(session(0)).with_choice(RepresentationRef(AM1, Modo.TITULAR), consented=True)
    again = chosen.with_session(session(0))
    assert (again.choice, again.consented) == (None, False)


def test_prompt_none_is_silent() -> None:
    assert transaction(Prompt.NONE).silent
    assert not transaction(Prompt.LOGIN).silent


def test_tokens_end_with_whatever_ends_first() -> None:
    """domain.md: exp is at most the procuração's end and the certificate's notAfter."""
    hour = timedelta(hours=1)
    grant = Grant(
        id="g",
        client_id="rp",
        sub="s",
        sid="sid",
        session_id="session",
        holder=ada,
        certificado=certificado(not_after=T0 + 2 * hour),
        choice=RepresentationRef(AM1, Modo.PROCURACAO, "prc_1"),
        scopes=frozenset({"openid"}),
        auth_time=T0,
        created_at=T0,
        expires_at=T0 + 8 * hour,
    )
    ending = Authorization(grant, RP, Representation(inscricao(), Modo.PROCURACAO, procuracao(), (), T0 + hour), T0)
    endless = Authorization(grant, RP, Representation(inscricao(), Modo.TITULAR), T0)
    assert ending.until(T0 + 3 * hour) == T0 + hour
    assert ending.until(T0 + hour / 2) == T0 + hour / 2
    assert endless.until(T0 + 3 * hour) == T0 + 2 * hour
