"""From an authorization request to a code: what is asked, what is skipped, what is refused."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import pytest

from idp.domain.certificado import CertReason
from idp.domain.documents import CPF
from idp.domain.person import PessoaFisica
from idp.domain.procuracao import EstadoProcuracao
from idp.domain.representation import Demanda, Motivo
from idp.errors import AlreadySpent, InvalidGrant
from idp.flow.outcome import AskConsent, AskLogin, Displayed, Granted, Outcome, Pagina, Redirected
from idp.flow.secret import digest
from tests.domain.samples import AM1, AM2, BRUCE, DAY, EVA, MATRIZ, T0, procuracao, so
from tests.flow.world import CALLBACK, OPENID, World, browser, key, offered

ADA1 = "AM:040000010/procuracao/prc_1"


@pytest.fixture
def world() -> World:
    return World()


def test_the_whole_journey_leaves_one_code_one_family_and_its_audit(world: World) -> None:
    asked = world.begin(state="s", nonce="n")
    assert isinstance(asked, AskLogin)
    signed = world.sign_in(asked, "ada")
    assert offered(signed.then) == [ADA1]
    granted = world.choose(signed.then, ADA1)
    assert isinstance(granted, Granted)
    assert granted.request.state == "s"
    (family,) = world.store.rows.grants.values()
    assert (family.client_id, str(family.choice), family.nonce) == ("rp", ADA1, "n")
    assert family.auth_time == T0
    assert family.session_id == signed.session.id
    assert world.store.audited == ["login.accepted", "consent.granted", "code.issued"]
    assert not world.transactions.kept


def test_bearer_values_are_kept_only_as_digests(world: World) -> None:
    asked = world.begin()
    return_code = world.present(asked, "ada")
    signed = world.back(return_code)
    granted = world.choose(signed.then, ADA1)
    kept = repr(world.store.rows) + repr(world.sessions.kept)
    for bearer in (granted.code, return_code, signed.cookie, world.jar["A"]):
        assert bearer not in kept
    assert set(world.store.rows.codes) == {digest(granted.code)}
    assert set(world.sessions.kept) == {key(world.jar["A"])}


@pytest.mark.attack("ATK-095")
def test_the_session_s_cookie_is_renewed_at_login_and_with_the_choice(world: World) -> None:
    world.jar["A"] = "fixed by somebody else"
    signed = world.sign_in(world.begin(sso=True), "ada")
    assert signed.cookie != "fixed by somebody else"
    assert isinstance(world.choose(signed.then, ADA1), Granted)
    assert world.jar["A"] != signed.cookie
    assert world.sessions.get(key(signed.cookie)) is None
    assert world.sessions.get(key(world.jar["A"])).id == signed.session.id
    again = world.sign_in(world.begin(), "ada")
    assert again.session.id == signed.session.id, "the same person in the same browser"
    assert list(world.sessions.kept) == [key(again.cookie)]
    other = world.sign_in(world.begin(), "bruce")
    assert other.session.id != signed.session.id


@pytest.mark.parametrize(
    ("who", "refs"),
    [
        ("ada", [ADA1]),
        (
            "bruce",
            [f"AM:{n}/representante_legal" for n in ("040000010", "040000028", "041330188")],
        ),
        ("wayne", [f"AM:{n}/titular" for n in ("040000010", "040000028", "041330188")]),
        ("eva", []),
    ],
)
def test_each_person_is_offered_exactly_what_is_theirs(world: World, who: str, refs: list[str]) -> None:
    asked = world.sign_in(world.begin(), who).then
    assert offered(asked) == refs
    assert asked.choices.missing == ()


def test_nothing_to_choose_is_a_page_and_says_why(world: World) -> None:
    world.grant_to_ada(estado=EstadoProcuracao.PENDENTE)
    asked = world.sign_in(world.begin(), "ada").then
    assert offered(asked) == []
    assert {missing.motivo for missing in asked.choices.missing} == {Motivo.PENDENTE}
    eva = world.sign_in(world.begin(), "eva").then
    assert offered(eva) == []
    assert eva.choices.missing == (), "a stranger is not told what exists"


def test_the_client_s_demands_filter_what_is_offered(world: World) -> None:
    world.clients.change("rp", demanda=Demanda(poder="nfe.emitir"))
    asked = world.sign_in(world.begin(), "ada").then
    assert offered(asked) == []
    assert [missing.motivo for missing in asked.choices.missing] == [Motivo.PODER]


@pytest.mark.parametrize("choice", ["", "x", "AM:040000010", "AM:040000010/procuracao", "AM:040000010/dono"])
def test_a_choice_that_is_no_reference_is_an_invalid_form(world: World, choice: str) -> None:
    asked = world.sign_in(world.begin(), "ada").then
    assert world.choose(asked, choice) == Displayed(Pagina.FORMULARIO_INVALIDO)
    assert not world.store.rows.grants


@pytest.mark.parametrize(
    "choice",
    [
        "AM:040000010/titular",
        "AM:040000010/representante_legal",
        "AM:040000028/procuracao/prc_1",
        "AM:041330188/procuracao/prc_1",
        "AM:040000010/procuracao/prc_other",
        "AM:999999999/titular",
        "SP:040000010/procuracao/prc_1",
    ],
)
@pytest.mark.attack("ATK-120")
def test_a_posted_choice_that_was_not_offered_never_yields_a_code(world: World, choice: str) -> None:
    world.store.rows.procuracoes["prc_other"] = procuracao(id="prc_other", outorgado=EVA)
    asked = world.sign_in(world.begin(), "ada").then
    again = world.choose(asked, choice)
    assert isinstance(again, AskConsent)
    assert again.refused is Motivo.SEM_VINCULO
    assert offered(again) == [ADA1]
    assert not world.store.rows.grants
    assert world.store.audited[-1] == "code.refused"


# --- Two tabs ------------------------------------------------------------------------------------------------------


@pytest.mark.attack("ATK-121")
def test_a_choice_belongs_to_its_own_tab(world: World) -> None:
    """One browser, two relying parties at once: what is chosen in one tab is unknown in the other."""
    one = world.begin(client="rp")
    world.sign_in(one, "wayne")
    two = world.begin(client="app", sso=True)
    assert isinstance(two, AskConsent)
    granted = world.choose(two, "AM:040000028/titular")
    assert isinstance(granted, Granted)
    assert granted.request.client_id == "app"
    still = world.resume(one)
    assert isinstance(still, AskConsent)
    assert still.tx.choice is None
    other = world.choose(still, "AM:041330188/titular")
    assert isinstance(other, Granted)
    families = {g.client_id: str(g.choice) for g in world.store.rows.grants.values()}
    assert families == {"app": "AM:040000028/titular", "rp": "AM:041330188/titular"}
    assert len({g.sid for g in world.store.rows.grants.values()}) == 2


@pytest.mark.attack("ATK-121")
def test_the_csrf_token_of_one_tab_does_not_serve_the_other(world: World) -> None:
    signed = world.sign_in(world.begin(), "wayne")
    two = world.begin(client="app", sso=True)
    crossed = world.choose(signed.then, "AM:040000010/titular", csrf=two.tx.csrf)
    assert crossed == Displayed(Pagina.FORMULARIO_INVALIDO)


# --- Whose Transaction it is ---------------------------------------------------------------------------------------


@pytest.mark.attack("ATK-093")
@pytest.mark.parametrize("action", ["consented", "refused", "other_certificate"])
def test_a_form_needs_its_browser_and_its_token(world: World, action: str) -> None:
    asked = world.sign_in(world.begin(), "ada").then
    tx = asked.tx
    act = getattr(world.journey, action)
    if action == "consented":
        act = partial(act, choice=ADA1, session_key=world.key())
    for csrf in ("", "x", tx.csrf[:-1], tx.ticket):
        assert act(tx.id, browser=browser("A"), csrf=csrf) == Displayed(Pagina.FORMULARIO_INVALIDO)
    for other in ("", browser("B")):
        assert act(tx.id, browser=other, csrf=tx.csrf) == Displayed(Pagina.OUTRO_NAVEGADOR)
    assert act("nonsense", browser=browser("A"), csrf=tx.csrf) == Displayed(Pagina.TRANSACAO_EXPIRADA)
    assert world.transactions.get(tx.id) == tx
    assert not world.store.rows.grants


def test_resume_shows_the_pending_step_to_its_own_browser_only(world: World) -> None:
    asked = world.begin()
    assert isinstance(world.resume(asked), AskLogin)
    assert world.resume(asked, at="B") == Displayed(Pagina.OUTRO_NAVEGADOR)
    world.sign_in(asked, "ada")
    assert isinstance(world.resume(asked), AskConsent)


def test_a_transaction_ends_by_itself(world: World) -> None:
    asked = world.sign_in(world.begin(), "ada").then
    world.clock.tick(15 * 60 - 0.001)
    assert isinstance(world.resume(asked), AskConsent)
    world.clock.tick(0.001)
    assert world.choose(asked, ADA1) == Displayed(Pagina.TRANSACAO_EXPIRADA)


def test_a_second_post_of_the_same_form_gives_no_second_code(world: World) -> None:
    asked = world.sign_in(world.begin(), "ada").then
    assert isinstance(world.choose(asked, ADA1), Granted)
    assert world.choose(asked, ADA1) == Displayed(Pagina.TRANSACAO_EXPIRADA)
    # Two posts at once: the second read the Transaction before the first deleted it.
    world.transactions.put(asked.tx)
    assert world.choose(asked, ADA1) == Displayed(Pagina.TRANSACAO_ENCERRADA)
    assert len(world.store.rows.grants) == 1


def test_a_choice_posted_before_the_login_is_worth_nothing(world: World) -> None:
    asked = world.begin()
    early = world.choose(asked, ADA1)
    assert isinstance(early, AskLogin)
    late = world.sign_in(early, "ada").then
    assert isinstance(late, AskConsent), "the person has not agreed to anything yet"


# --- Cancel and another certificate --------------------------------------------------------------------------------


def test_cancel_answers_access_denied_at_either_step(world: World) -> None:
    for asked in (world.begin(state="s"), world.sign_in(world.begin(state="s"), "ada").then):
        answer = world.journey.refused(asked.tx.id, browser=browser("A"), csrf=asked.tx.csrf)
        assert isinstance(answer, Redirected)
        assert (answer.error, answer.request.state) == ("access_denied", "s")
        assert answer.request.redirect_uri == CALLBACK
        assert world.resume(asked) == Displayed(Pagina.TRANSACAO_EXPIRADA)
    assert world.store.audited.count("consent.refused") == 2


def test_another_certificate_forgets_the_first_and_its_ticket(world: World) -> None:
    first = world.begin()
    on_its_way = world.present(first, "bruce")
    asked = world.sign_in(first, "ada").then
    again = world.journey.other_certificate(asked.tx.id, browser=browser("A"), csrf=asked.tx.csrf)
    assert isinstance(again, AskLogin)
    assert again.tx.session is None
    assert again.tx.ticket != first.tx.ticket
    late = world.back(on_its_way)
    assert late == Displayed(Pagina.RETORNO_INVALIDO)
    then = world.sign_in(again, "wayne").then
    assert offered(then)[0] == "AM:040000010/titular"


# --- The client ----------------------------------------------------------------------------------------------------


@pytest.mark.attack("ATK-103")
def test_a_client_disabled_on_the_way_stops_the_journey_at_every_step(world: World) -> None:
    over = Displayed(Pagina.TRANSACAO_ENCERRADA)
    login, consent = world.begin(), world.sign_in(world.begin(), "ada").then
    world.clients.change("rp", enabled=False)
    assert world.begin() == over
    assert world.begin(sso=True) == over
    assert world.begin(prompt="none", sso=True) == over
    assert world.sign_in(login, "ada").then == over
    assert world.choose(consent, ADA1) == over
    assert not world.store.rows.grants
    del world.clients.kept["rp"]
    assert world.begin() == over


# --- Certificates --------------------------------------------------------------------------------------------------


@pytest.mark.attack("ATK-056")
@pytest.mark.parametrize("state", ["revoked", "stale", "absent"])
def test_a_certificate_revoked_after_the_login_issues_nothing(world: World, state: str) -> None:
    signed = world.sign_in(world.begin(), "ada")
    world.revocation.say("serial-ada", state)
    answer = world.choose(signed.then, ADA1)
    assert isinstance(answer, AskLogin)
    assert not world.store.rows.grants
    assert not world.sessions.kept, "the session ends with it"


@pytest.mark.attack("ATK-056")
def test_a_session_whose_certificate_was_revoked_signs_nobody_in(world: World) -> None:
    world.sign_in(world.begin(), "ada")
    world.revocation.say("serial-ada", "revoked")
    assert isinstance(world.begin(sso=True), AskLogin)
    again = world.begin(sso=True, prompt="none")
    assert isinstance(again, Redirected)
    assert again.error == "login_required"


@pytest.mark.attack("ATK-032")
def test_a_certificate_that_expires_during_the_session_ends_it(world: World) -> None:
    world.not_after["ada"] = T0 + timedelta(minutes=1)
    asked = world.sign_in(world.begin(), "ada").then
    world.clock.tick(60)
    assert isinstance(world.choose(asked, ADA1), AskLogin)
    assert isinstance(world.begin(sso=True), AskLogin)


@pytest.mark.attack("ATK-056")
@pytest.mark.parametrize(
    ("state", "code", "detail"),
    [
        ("revoked", CertReason.REVOGADO, "revoked"),
        ("stale", CertReason.LCR, "crl-stale"),
        ("absent", CertReason.LCR, "crl-absent"),
    ],
)
def test_the_end_of_a_session_s_certificate_is_explained(
    world: World, state: str, code: CertReason, detail: str
) -> None:
    """On the page that asks for another; the next time it merely asks."""
    world.sign_in(world.begin(), "ada")
    world.revocation.say("serial-ada", state)
    asked = world.begin(sso=True)
    assert isinstance(asked, AskLogin)
    assert asked.refused is not None
    assert (asked.refused.first.code, asked.refused.first.detail) == (code, detail)
    assert asked.refused.claimed.documento == str(world.holders["ada"].documento)
    again = world.resume(asked)
    assert isinstance(again, AskLogin)
    assert again.refused is None


@pytest.mark.attack("ATK-056")
def test_what_the_session_gave_ends_with_its_certificate(world: World) -> None:
    """Also where nobody uses it before the certificate is good again; not where the list is only late."""
    _, token = world.tokens()
    world.revocation.say("serial-ada", "stale")
    world.begin(sso=True)
    world.revocation.say("serial-ada", "good")
    world.refresh(token)
    _, token = world.tokens()
    world.revocation.say("serial-ada", "revoked")
    assert isinstance(world.begin(sso=True), AskLogin)
    assert world.store.audited[-1] == "session.ended"
    world.revocation.say("serial-ada", "good")
    with pytest.raises(InvalidGrant):
        world.refresh(token)


def test_a_renewed_certificate_of_the_same_person_keeps_sub_and_consent(world: World) -> None:
    """Another serial number and key, the same CPF: nothing is asked again."""
    first = world.redeem(world.code("ada"))
    world.holders["ada-renewed"] = world.holders["ada"]
    world.revocation.say("serial-ada", "revoked")
    again = world.sign_in(world.begin(sso=True), "ada-renewed").then
    assert isinstance(again, Granted), "the consent is remembered"
    second = world.redeem(again)
    assert second.grant.sub == first.grant.sub
    assert second.grant.certificado.ref.serial == "serial-ada-renewed"
    assert first.grant.certificado.ref.serial == "serial-ada"


def test_a_certificate_that_ends_soon_is_told_at_the_login_and_not_in_between(world: World) -> None:
    """The page with the warning is not skipped for a remembered consent; single sign-on afterwards skips it."""
    world.code("ada")
    world.not_after["ada"] = T0 + 30 * DAY
    asked = world.sign_in(world.begin(), "ada").then
    assert offered(asked) == [ADA1]
    assert isinstance(world.choose(asked, ADA1), Granted)
    world.clock.tick(1)
    assert isinstance(world.begin(sso=True), Granted)
    assert isinstance(world.begin(sso=True, prompt="none"), Granted)
    world.not_after["ada"] = T0 + 31 * DAY
    assert isinstance(world.sign_in(world.begin(), "ada").then, Granted)


def test_a_refused_certificate_is_explained_and_may_be_followed_by_another(world: World) -> None:
    asked = world.begin()
    for who, code in (("stranger", CertReason.NAO_ICP), (None, CertReason.NENHUM)):
        again = world.back(world.present(asked, who))
        assert isinstance(again, AskLogin)
        assert again.refused is not None
        assert again.refused.first.code is code
    assert world.store.audited == ["login.refused", "login.refused"]
    assert not world.sessions.kept
    assert isinstance(world.sign_in(asked, "ada").then, AskConsent)


# --- The right is computed again ------------------------------------------------------------------------------------


def test_a_procuracao_revoked_between_page_and_post_stops_the_journey(world: World) -> None:
    asked = world.sign_in(world.begin(), "ada").then
    world.revoke_procuracao()
    again = world.choose(asked, ADA1)
    assert isinstance(again, AskConsent)
    assert again.refused is Motivo.REVOGADA
    assert offered(again) == []
    assert not world.store.rows.grants


def test_an_administrator_who_leaves_between_page_and_post_opens_nothing(world: World) -> None:
    """CERT-10 during the journey."""
    asked = world.sign_in(world.begin(), "wayne").then
    world.store.rows.representantes[MATRIZ.raiz] = frozenset({EVA})
    again = world.choose(asked, "AM:040000010/titular")
    assert isinstance(again, AskConsent)
    assert again.refused is Motivo.RESPONSAVEL_DIVERGENTE


def test_a_store_that_fails_leaves_nothing_behind(world: World) -> None:
    asked = world.sign_in(world.begin(), "ada").then
    before = world.store.rows.copy()

    def fail(*_: object) -> None:
        raise OSError("disk full")

    world.journey.identifiers = type("Broken", (), {"subject": fail})()  # type: ignore[assignment]
    with pytest.raises(OSError, match="disk full"):
        world.choose(asked, ADA1)
    assert world.store.rows == before


def test_a_transaction_that_has_issued_never_issues_again_whatever_the_store_lost(world: World) -> None:
    asked = world.sign_in(world.begin(), "ada").then
    world.store.rows.issued.add(asked.tx.id)
    with pytest.raises(AlreadySpent), world.store.begin() as uow:
        uow.grants.add(None, "", None, asked.tx.id)  # type: ignore[arg-type]
    assert world.choose(asked, ADA1) == Displayed(Pagina.TRANSACAO_ENCERRADA)
    assert "code.issued" not in world.store.audited


def test_an_e_cpf_that_is_nobody_s_and_an_inscricao_that_is_gone(world: World) -> None:
    world.holders["nova"] = PessoaFisica(CPF("12345678909"), "NOVA")
    assert offered(world.sign_in(world.begin(), "nova").then) == []
    asked = world.sign_in(world.begin(), "ada").then
    del world.store.rows.inscricoes[AM1]
    again = world.choose(asked, ADA1)
    assert isinstance(again, AskConsent)
    assert again.refused is Motivo.SEM_VINCULO


def test_one_inscricao_is_offered_in_each_quality(world: World) -> None:
    world.store.rows.procuracoes["prc_b"] = procuracao(id="prc_b", outorgado=BRUCE, escopo=so(AM2))
    asked = world.sign_in(world.begin(), "bruce").then
    assert [ref for ref in offered(asked) if ref.startswith(str(AM2))] == [
        "AM:040000028/representante_legal",
        "AM:040000028/procuracao/prc_b",
    ]


def test_the_consent_page_asks_again_where_scopes_are_new(world: World) -> None:
    world.code()
    assert isinstance(world.begin(sso=True), Granted)
    more: Outcome = world.begin(sso=True, scopes=OPENID | {"profile"})
    assert isinstance(more, AskConsent)
