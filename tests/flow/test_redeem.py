"""Code, refresh token and access token: each buys something only while the right behind it holds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from idp.domain.inscricao import SituacaoCadastral
from idp.domain.representation import Demanda
from idp.domain.transaction import Prompt
from idp.errors import InvalidGrant, InvalidToken, RevocationUnknown
from idp.flow.outcome import Granted
from tests.domain.samples import AM1, EVA, MATRIZ, T0, filha, procuracao
from tests.flow.world import CALLBACK, CHALLENGE, OPENID, VERIFIER, World, s256

OFFLINE = OPENID | {"offline_access"}


@pytest.fixture
def world() -> World:
    return World()


def refused(buy: Callable[[], object]) -> str:
    with pytest.raises((InvalidGrant, InvalidToken)) as error:
        buy()
    return str(error.value)


def family_revoked(world: World) -> bool:
    (grant,) = world.store.rows.grants.values()
    return grant.revoked_at is not None


# --- Codes ---------------------------------------------------------------------------------------------------------


def test_a_code_becomes_an_authorization(world: World) -> None:
    granted = world.code()
    world.clock.tick(5)
    authorization = world.redeem(granted)
    assert authorization.at == T0 + timedelta(seconds=5)
    assert str(authorization.representation.ref) == "AM:040000010/procuracao/prc_1"
    assert authorization.client.client_id == "rp"
    assert world.redemption.refresh_token(authorization) is None, "offline_access was not asked for"
    assert world.store.audited[-1] == "token.issued"


def test_an_unknown_code_buys_nothing_and_harms_nobody(world: World) -> None:
    granted = world.code()
    authorization = world.redeem(granted)
    for code in ("", "nonsense", "\x00", "é" * 10_000):
        assert refused(lambda code=code: world.redeem(replace(granted, code=code))) == "code"
    assert world.redemption.in_use(authorization.grant.id)


@pytest.mark.attack("ATK-084")
def test_a_second_use_of_a_code_ends_the_family_at_once(world: World) -> None:
    granted = world.code(scopes=OFFLINE)
    authorization = world.redeem(granted)
    refresh = world.redemption.refresh_token(authorization)
    assert refresh is not None
    assert refused(lambda: world.redeem(granted)) == "code_replayed"
    assert refused(lambda: world.refresh(refresh)) == "refresh_token"
    assert refused(lambda: world.redemption.in_use(authorization.grant.id)) == "revoked"
    assert world.store.audited[-1] == "code.replayed"


def test_a_code_lives_a_minute(world: World) -> None:
    early, late = world.code(), world.code(at="B")
    world.clock.tick(59.999)
    assert world.redeem(early)
    world.clock.tick(0.001)
    assert refused(lambda: world.redeem(late)) == "code"


@pytest.mark.attack("ATK-086")
def test_another_client_cannot_redeem_nor_spend_nor_revoke(world: World) -> None:
    granted = world.code()
    assert refused(lambda: world.redeem(granted, client="app")) == "code"
    assert world.redeem(granted)
    assert refused(lambda: world.redeem(granted, client="app")) == "code"
    assert not family_revoked(world)


@pytest.mark.parametrize(
    "uri", ["https://rp.example/other", CALLBACK + "/", CALLBACK + "?", CALLBACK.upper(), "", None]
)
def test_a_wrong_redirect_uri_spends_the_code(world: World, uri: str | None) -> None:
    """RFC 6749 §4.1.3."""
    granted = world.code()
    assert refused(lambda: world.redeem(granted, redirect_uri=uri)) == "redirect_uri"
    assert refused(lambda: world.redeem(granted)) == "code_replayed"
    assert family_revoked(world)


def test_a_redirect_uri_that_was_not_sent_need_not_be_repeated(world: World) -> None:
    granted = world.code(explicit_redirect_uri=False)
    assert world.redeem(granted, redirect_uri=None)
    assert world.redeem(world.code(at="B", explicit_redirect_uri=False))
    other = world.code(at="C", explicit_redirect_uri=False)
    assert refused(lambda: world.redeem(other, redirect_uri="https://rp.example/other")) == "redirect_uri"


LONG = "a" * 128
# The challenge at /authorize, the verifier at /token, and what is wrong (RFC 7636 §4.6; RFC 9700 §2.1.1).
PKCE = [
    (CHALLENGE, VERIFIER, None),
    (s256(LONG), LONG, None),
    (s256("a" * 43), "a" * 43, None),
    (s256("-._~" * 11), "-._~" * 11, None),
    (None, None, None),
    (CHALLENGE, None, "code_verifier"),
    (CHALLENGE, "", "code_verifier"),
    (CHALLENGE, CHALLENGE, "code_verifier"),  # "plain" is not a method here
    (CHALLENGE, VERIFIER[:-1] + "j", "code_verifier"),
    (CHALLENGE, VERIFIER + "\n", "code_verifier"),
    (s256("a" * 42), "a" * 42, "code_verifier"),  # too short to be a verifier, whatever it hashes to
    (s256("a" * 129), "a" * 129, "code_verifier"),
    (s256("a"), "a", "code_verifier"),
    (s256("a" * 42 + " "), "a" * 42 + " ", "code_verifier"),
    (s256("a" * 42 + "é"), "a" * 42 + "é", "code_verifier"),
    (None, VERIFIER, "unexpected_code_verifier"),  # a challenge was stripped on the way
    (None, "", "unexpected_code_verifier"),
]


@pytest.mark.parametrize(("challenge", "verifier", "problem"), PKCE)
@pytest.mark.attack("ATK-085")
def test_pkce(world: World, challenge: str | None, verifier: str | None, problem: str | None) -> None:
    granted = world.code(code_challenge=challenge)
    if problem is None:
        assert world.redeem(granted, verifier=verifier)
    else:
        assert refused(lambda: world.redeem(granted, verifier=verifier)) == problem
        assert family_revoked(world), "a failed try consumes the code: no guessing"
        assert refused(lambda: world.redeem(granted)) == "code_replayed"


def test_the_challenge_of_rfc_7636_appendix_b() -> None:
    assert s256(VERIFIER) == CHALLENGE


# --- Refresh -------------------------------------------------------------------------------------------------------


def test_each_refresh_gives_the_next_token(world: World) -> None:
    first, one = world.tokens()
    world.clock.tick(60)
    second, two = world.refresh(one)
    world.clock.tick(60)
    third, three = world.refresh(two)
    assert len({one, two, three}) == 3
    assert [a.refresh_generation for a in (first, second, third)] == [0, 1, 2]
    assert first.grant.id == second.grant.id == third.grant.id
    assert third.grant.auth_time == first.grant.auth_time


@pytest.mark.attack("ATK-087")
@pytest.mark.parametrize("seconds", [0, 10])
def test_a_confidential_client_whose_answer_was_lost_gets_the_same_successor(world: World, seconds: float) -> None:
    _, one = world.tokens()
    _, two = world.refresh(one)
    world.clock.tick(seconds)
    again, same = world.refresh(one)
    assert same == two
    assert again.grant.generation == 1
    _, three = world.refresh(two)
    assert three not in (one, two)


@pytest.mark.attack("ATK-087")
def test_repeating_does_not_prolong_the_ten_seconds(world: World) -> None:
    _, one = world.tokens()
    world.refresh(one)
    world.clock.tick(6)
    world.refresh(one)
    world.clock.tick(6)
    assert refused(lambda: world.refresh(one)) == "refresh_reused"


@pytest.mark.attack("ATK-087")
def test_after_ten_seconds_a_spent_token_ends_the_family(world: World) -> None:
    _, one = world.tokens()
    _, two = world.refresh(one)
    world.clock.tick(10.001)
    assert refused(lambda: world.refresh(one)) == "refresh_reused"
    assert refused(lambda: world.refresh(two)) == "refresh_token"
    assert world.store.audited[-1] == "refresh.reused"


@pytest.mark.attack("ATK-087")
def test_once_the_successor_was_used_its_predecessor_ends_the_family(world: World) -> None:
    _, one = world.tokens()
    _, two = world.refresh(one)
    _, three = world.refresh(two)
    assert refused(lambda: world.refresh(one)) == "refresh_reused"
    assert refused(lambda: world.refresh(three)) == "refresh_token"


@pytest.mark.attack("ATK-087")
def test_a_public_client_has_no_second_try(world: World) -> None:
    _, one = world.tokens(client="app")
    _, two = world.refresh(one, client="app")
    assert refused(lambda: world.refresh(one, client="app")) == "refresh_reused"
    assert refused(lambda: world.refresh(two, client="app")) == "refresh_token"
    assert family_revoked(world)


@pytest.mark.attack("ATK-086")
def test_another_client_s_refresh_token_is_nothing_and_harms_nothing(world: World) -> None:
    _, one = world.tokens()
    assert refused(lambda: world.refresh(one, client="app")) == "refresh_token"
    _, two = world.refresh(one)
    assert refused(lambda: world.refresh(one, client="app")) == "refresh_token"
    assert world.refresh(two)


def test_a_refresh_token_that_was_not_made_here(world: World) -> None:
    authorization, token = world.tokens()
    head, grant_id, generation, mac = token.split(".")
    forged = [
        "",
        "x",
        token + "x",
        token + "\n",
        f"{head}.{grant_id}.1.{mac}",  # the next generation with this one's MAC
        f"{head}.{grant_id}.{generation}.{'A' * 43}",
        f"{head}.{'A' * 22}.{generation}.{mac}",
        f"{head}.{grant_id}.-1.{mac}",
        f"{head}.{grant_id}.00.{mac}",
        f"{head}.{grant_id}.{generation}.",
        f"{head}.{grant_id}.٠.{mac}",
        "rt." + "A" * 100_000,
    ]
    for one in forged:
        assert refused(lambda one=one: world.refresh(one)) == "refresh_token", one[:80]
    assert not family_revoked(world)
    assert world.redemption.in_use(authorization.grant.id)
    assert world.refresh(token)


def test_a_family_ends_by_itself(world: World) -> None:
    authorization, token = world.tokens()
    world.clock.tick(8 * 3600 - 1)
    _, token = world.refresh(token)
    world.clock.tick(1)
    assert refused(lambda: world.refresh(token)) == "refresh_token"
    assert refused(lambda: world.redemption.in_use(authorization.grant.id)) == "expired"


# --- The right is computed each time --------------------------------------------------------------------------------


def revoke_the_procuracao(world: World) -> None:
    world.revoke_procuracao()


def let_it_expire(world: World) -> None:
    world.grant_to_ada(escopo_de=AM1, vigencia=procuracao().vigencia.__class__(T0 - timedelta(1), world.clock.at))


def narrow_its_powers(world: World) -> None:
    world.clients.change("rp", demanda=Demanda(poder="nfe.emitir"))


def close_the_inscricao(world: World) -> None:
    closed = replace(world.store.rows.inscricoes[AM1], situacao=SituacaoCadastral.BAIXADA)
    world.store.rows.inscricoes[AM1] = closed


def lose_the_inscricao(world: World) -> None:
    del world.store.rows.inscricoes[AM1]


def break_its_chain(world: World) -> None:
    """It turns out to be a substabelecimento whose parent has been revoked."""
    parent = procuracao(id="prc_0", outorgado=EVA)
    world.store.rows.procuracoes |= {
        "prc_0": parent.after("revogar", world.clock.at),
        "prc_1": filha(parent, id="prc_1", outorgado=procuracao().outorgado),
    }


REASONS = {
    revoke_the_procuracao: "procuracao_revogada",
    let_it_expire: "procuracao_expirada",
    narrow_its_powers: "poder_ausente",
    close_the_inscricao: "situacao_nao_aceita",
    lose_the_inscricao: "sem_vinculo",
    break_its_chain: "procuracao_revogada",
}


@pytest.mark.parametrize("happens", REASONS, ids=lambda f: f.__name__)
@pytest.mark.attack("ATK-122")
def test_a_right_that_ends_before_redemption_stops_it(world: World, happens: Callable[[World], None]) -> None:
    granted = world.code()
    happens(world)
    assert refused(lambda: world.redeem(granted)) == REASONS[happens]
    assert family_revoked(world)
    assert world.store.audited[-1] == "token.refused"


@pytest.mark.parametrize("happens", REASONS, ids=lambda f: f.__name__)
@pytest.mark.attack("ATK-130")
def test_a_right_that_ends_before_a_refresh_stops_it(world: World, happens: Callable[[World], None]) -> None:
    _, token = world.tokens()
    happens(world)
    assert refused(lambda: world.refresh(token)) == REASONS[happens]
    assert family_revoked(world)


@pytest.mark.parametrize("happens", REASONS, ids=lambda f: f.__name__)
@pytest.mark.attack("ATK-130")
def test_a_right_that_ends_is_seen_by_the_next_userinfo(world: World, happens: Callable[[World], None]) -> None:
    authorization, _ = world.tokens()
    assert world.redemption.in_use(authorization.grant.id).representation.ref == authorization.grant.choice
    happens(world)
    expected = "unknown" if happens is lose_the_inscricao else REASONS[happens]
    assert refused(lambda: world.redemption.in_use(authorization.grant.id)) == expected


def test_a_repeated_refresh_is_judged_anew(world: World) -> None:
    _, one = world.tokens()
    world.refresh(one)
    world.revoke_procuracao()
    assert refused(lambda: world.refresh(one)) == "procuracao_revogada"


def test_a_former_administrator_s_family_ends_with_him(world: World) -> None:
    """CERT-10 at refresh and at userinfo: the cadastro no longer lists the responsável of the e-CNPJ."""
    scopes = OFFLINE
    authorization = world.redeem(world.code("wayne", "AM:040000010/titular", scopes=scopes))
    token = world.redemption.refresh_token(authorization)
    world.store.rows.representantes[MATRIZ.raiz] = frozenset({EVA})
    assert refused(lambda: world.redemption.in_use(authorization.grant.id)) == "responsavel_divergente"
    assert refused(lambda: world.refresh(token)) == "responsavel_divergente"


# --- Certificates --------------------------------------------------------------------------------------------------


@pytest.mark.attack("ATK-056")
def test_a_certificate_revoked_after_the_code_buys_nothing(world: World) -> None:
    granted = world.code(scopes=OFFLINE)
    world.revocation.say("serial-ada", "revoked")
    assert refused(lambda: world.redeem(granted)) == "certificate_revoked"
    assert family_revoked(world)


@pytest.mark.attack("ATK-056")
def test_a_certificate_revoked_during_the_session_stops_refresh_and_userinfo(world: World) -> None:
    authorization, token = world.tokens()
    world.revocation.say("serial-ada", "revoked")
    assert refused(lambda: world.redemption.in_use(authorization.grant.id)) == "certificate_revoked"
    assert refused(lambda: world.refresh(token)) == "certificate_revoked"
    world.revocation.say("serial-ada", "good")
    assert refused(lambda: world.refresh(token)) == "refresh_token", "what was closed stays closed"


@pytest.mark.attack("ATK-032")
def test_a_certificate_that_expired_stops_refresh_and_userinfo(world: World) -> None:
    world.not_after["ada"] = T0 + timedelta(hours=1)
    authorization, token = world.tokens()
    world.clock.tick(3600)
    assert refused(lambda: world.redemption.in_use(authorization.grant.id)) == "certificate_expired"
    assert refused(lambda: world.refresh(token)) == "certificate_expired"


@pytest.mark.parametrize("state", ["stale", "absent"])
@pytest.mark.attack("ATK-037")
def test_a_stale_revocation_list_spends_nothing(world: World, state: str) -> None:
    """Nobody's fault here: refused now, and the same code or token works once the list is fresh."""
    granted = world.code(scopes=OFFLINE)
    before = world.store.rows.copy()
    world.revocation.say("serial-ada", state)
    with pytest.raises(RevocationUnknown):
        world.redeem(granted)
    assert world.store.rows == before
    world.revocation.say("serial-ada", "good")
    authorization = world.redeem(granted)
    token = world.redemption.refresh_token(authorization)
    world.revocation.say("serial-ada", state)
    for buy in (lambda: world.refresh(token), lambda: world.redemption.in_use(authorization.grant.id)):
        with pytest.raises(RevocationUnknown):
            buy()
    world.revocation.say("serial-ada", "good")
    assert world.refresh(token)


# --- Clients -------------------------------------------------------------------------------------------------------


@pytest.mark.attack("ATK-103")
def test_a_disabled_client_s_tokens_stop_at_userinfo(world: World) -> None:
    authorization, _ = world.tokens()
    world.clients.change("rp", enabled=False)
    assert refused(lambda: world.redemption.in_use(authorization.grant.id)) == "client"
    del world.clients.kept["rp"]
    assert refused(lambda: world.redemption.in_use(authorization.grant.id)) == "client"


@pytest.mark.attack("ATK-103")
def test_a_disabled_client_buys_nothing_even_if_it_was_let_in(world: World) -> None:
    """Client authentication refuses it first; this is the second line."""
    granted = world.code()
    _, token = world.tokens(at="B")
    world.clients.change("rp", enabled=False)
    assert refused(lambda: world.redeem(granted)) == "client"
    assert refused(lambda: world.refresh(token)) == "client"
    world.clients.change("rp", enabled=True)
    assert world.redeem(granted), "nothing was spent"
    assert world.refresh(token)


def test_client_credentials_leave_an_audit_row(world: World) -> None:
    at = world.redemption.client_credentials(world.clients.kept["rp"], frozenset({"openid"}))
    assert at == T0
    (event,) = world.store.rows.audit
    assert (event.kind, event.payload) == ("token.issued", {"client": "rp", "scopes": ["openid"]})


def test_an_access_token_of_no_known_family(world: World) -> None:
    assert refused(lambda: world.redemption.in_use("nonsense")) == "unknown"


def test_a_code_that_was_never_shown_and_a_silent_one_are_alike(world: World) -> None:
    world.code()
    granted = world.begin(prompt="none", sso=True)
    assert isinstance(granted, Granted)
    assert Prompt.NONE in granted.request.prompt
    assert world.redeem(granted).grant.session_id == world.sessions.get(world.key()).id
