"""What an attacker would try with the lists, their files, and keys that several applications name."""

from __future__ import annotations

import csv
import time
from collections.abc import Iterator
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
from joserfc.jwk import ECKey

from idp.domain.certificado import Nivel
from idp.domain.client import AuthMethod, Client
from idp.domain.documents import CPF
from idp.domain.politica import Impedimento, NotEntitled
from idp.domain.procura import Procura
from idp.domain.representation import Demanda
from idp.domain.session import Session
from idp.errors import DocumentUnavailable
from idp.flow.outcome import AskConsent
from idp.flow.selecting import Seen
from idp.oidc.client_keys import ClientKeys
from idp.oidc.jose import BadToken
from idp.ports import Document
from idp.ports.outorga import Alvo
from idp.storage.sql import SqlStore, open_store
from idp.web.portal.planilha import csv_text
from idp.web.views.destaque import Destaque
from tests.contracts.conftest import sqlite_template
from tests.contracts.data import JOAO, NOW
from tests.contracts.test_outorga import ALL, ASKED
from tests.flow.world import World as Flow
from tests.oidc.test_client_keys import jwks, public, signed
from tests.web import people
from tests.web.portal.stage import Stage, search

__all__ = ["sqlite_template"]

TEREZA = CPF("90000108294")
SHARED = "https://rp.example/jwks"


@pytest.fixture
def flow() -> Flow:
    return Flow()


@pytest.fixture
def store(sqlite_template: Path, tmp_path: Path) -> Iterator[SqlStore]:
    (tmp_path / "portaria.sqlite").write_bytes(sqlite_template.read_bytes())
    store = open_store(f"sqlite:///{tmp_path}/portaria.sqlite")
    yield store
    store.close()


# -- what a search tells ----------------------------------------------------------------------------------------------


@pytest.mark.attack("ATK-131")
def test_requests_made_are_no_way_to_learn_a_cpf_digit_by_digit(store: SqlStore) -> None:
    """Whoever received a procuração asks for it anew without ever being told the outorgante's whole CPF. Then the list
    of their own requests is searched for 9, 90, 900 and so on: what is found says which digit comes next."""
    mine = [Alvo("90000103225")]
    with store.begin() as uow:
        uow.pedidos.add(replace(ASKED, id="q-tereza", outorgante=TEREZA, outorgado=JOAO.cpf, rotulo="Tereza"))
        for end in range(1, 11):
            assert uow.pedidos.made(mine, replace(ALL, q="90000108294"[:end]))[1] == 0, end
        assert uow.pedidos.made(mine, replace(ALL, q="900.001.082-94"))[1] == 1
        assert uow.pedidos.made(mine, replace(ALL, q="tere"))[1] == 1


@pytest.mark.attack("ATK-093")
def test_a_search_is_found_by_its_own_session_alone() -> None:
    """The id in the address opens nothing to another person, nor to the same person's other session."""
    stage = Stage()
    mine, other = stage.browser(), stage.browser(people.EMPRESA, "E")
    at = search(mine, "/portal/recebidas", "segredo da busca")
    assert "segredo da busca" in mine.get(at).text
    assert "segredo da busca" not in other.get(at).text
    assert "segredo da busca" not in stage.browser(people.CONTADORA, "C").get(at).text


@pytest.mark.attack("ATK-062")
def test_the_longest_search_is_answered_in_time(store: SqlStore) -> None:
    """A hundred characters of wildcards, of words and of nothing."""
    for q in ("_%" * 50, "a1b2 " * 20, "\x00" * 100, "ﷺ" * 100):
        procura = Procura(Demanda(), Nivel.A3, NOW, q=q)
        began = time.process_time()
        with store.reading() as uow:
            assert list(uow.vinculos.page(JOAO, procura, limit=16)) == []
            assert uow.vinculos.count(JOAO, procura, cap=301) == 0
        assert time.process_time() - began < 5
        for text in ("ﷺ" * 50, "ß" * 100, "<mark>a1b2</mark>", "12.345.678/0001-95"):
            pieces = Destaque(q).nome(text)
            assert "".join(piece for piece, _ in pieces) == text
    assert Destaque("ss1").numero("ß1") == [("ß1", True)], "one letter of a strange cadastro that becomes two"


@pytest.mark.attack("ATK-131")
def test_who_stopped_representing_the_company_meanwhile_is_told_nothing_and_breaks_nothing(flow: Flow) -> None:
    """Between the answer and the page that says it, the cadastro may change; and ``respondida`` in the address is
    anybody's to write."""

    class Barred:
        def act(self, quem: Session, evento: str, id: str) -> None:
            raise AssertionError

        def ver(self, quem: Session, id: str) -> Seen:
            raise NotEntitled(Impedimento.RESPONSAVEL_DIVERGENTE)

    asked = flow.sign_in(flow.begin(), "ada").then
    assert isinstance(asked, AskConsent)
    flow.journey.outorga = Barred()
    assert flow.journey.answered(asked.tx, "prc_2") is None


# -- what a spreadsheet is given ---------------------------------------------------------------------------------------


@pytest.mark.attack("ATK-057")
@pytest.mark.parametrize("separator", [";", ","])
def test_no_cell_is_a_formula_however_the_file_is_cut(separator: str) -> None:
    """LibreOffice cuts at commas too unless told otherwise, and so does a spreadsheet of another country: then a name
    with a comma in it goes on in the next cell."""
    names = ["=1+1", "SILVA,=1+1", "SILVA, @SUM(1)", "SILVA;-2+3", " =1", "A,＝1"]
    text = csv_text([[name, "x"] for name in names])
    for row in csv.reader(StringIO(text), delimiter=separator):
        for cell in row:
            assert not cell.lstrip().startswith(("=", "+", "-", "@", "＝", "＋", "－", "＠")), cell


# -- keys that several applications name -------------------------------------------------------------------------------


class _Host:
    """The documents, with nothing left for one application: it has its two questions under way elsewhere."""

    def __init__(self, body: bytes, busy: str) -> None:
        self.body, self.busy = body, busy

    def get(self, url: str, client: Client, *, limit: int = 0, seconds: float = 0.0) -> Document:
        if client.client_id == self.busy:
            raise DocumentUnavailable("busy", url)
        return Document(self.body, "application/json")

    def post(self, url: str, client: Client, form: object, *, seconds: float = 0.0) -> int:
        raise AssertionError


@pytest.mark.attack("ATK-110")
def test_nobody_uses_up_the_looking_again_of_somebody_elses_keys() -> None:
    """A self-registered application names another's jwks_uri, keeps its own questions busy, and sends what no key
    signed: the other one, which has just changed its key, must be looked up anew all the same."""
    old, new = ECKey.generate_key("P-256"), ECKey.generate_key("P-256")
    victim = Client(
        "nfe",
        "NF-e",
        auth_method=AuthMethod.PRIVATE_KEY_JWT,
        jwks_uri=SHARED,
        redirect_uris=("https://rp.example/cb",),
    )
    other = replace(victim, client_id="mallory", registered_with="open")
    host = _Host(jwks(public(old, "1")), "mallory")
    keys = ClientKeys(host, lambda: 1000.0)
    keys.verified(signed(old, "1"), victim, ("ES256",))
    host.body = jwks(public(new, "2"))
    with pytest.raises(BadToken):
        keys.verified(signed(old, "3"), other, ("ES256",))
    assert keys.verified(signed(new, "2", sub="nfe"), victim, ("ES256",)) == {"sub": "nfe"}
