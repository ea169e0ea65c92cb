"""A client hears the claims of its allow-list and no others, whatever its scopes (LGPD art. 6 III: necessity)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from idp.domain.client import SCOPES, Client
from idp.domain.grant import Authorization
from idp.domain.perfil import Endereco, Perfil
from idp.domain.person import Holder
from idp.domain.representation import Demanda, Fatos, Modo, Regras, represent
from idp.oidc.claims import CLAIMS, access_token_claims, id_token_claims, userinfo_claims
from tests.contracts.data import grant
from tests.domain.samples import MATRIZ, T0, ada, inscricao, procuracao, wayne

PERFIL = Perfil(
    T0,
    email="ada@example.com.br",
    email_verified=True,
    phone_number="+55 92 3000-0000",
    phone_number_verified=True,
    address=Endereco("Rua dos Bares, 1", "Manaus", "AM", "69005-020", "BR"),
    nickname="Ada",
    zoneinfo="America/Manaus",
)
EVERY_SCOPE = frozenset(SCOPES)
NAMES = sorted({one.name for one in CLAIMS})
OF_THE_INSCRICAO = {"inscricao", "cnpj", "cnpj_raiz"}


def told(holder: Holder, claims: frozenset[str] | None) -> set[str]:
    """Names of everything the client may learn, from any token and from userinfo, with every scope there is."""
    modo = Modo.PROCURACAO if holder is ada else Modo.TITULAR
    fatos = Fatos(inscricao(contribuinte=MATRIZ), cadeia=(procuracao(),) if modo is Modo.PROCURACAO else ())
    made = replace(grant("g1"), holder=holder, scopes=EVERY_SCOPE, client_id="dte")
    representation = represent(
        holder, modo, fatos, nivel=made.certificado.nivel, demanda=Demanda(), regras=Regras(), at=T0
    )
    client = Client("dte", "DT-e", ("https://app.example/cb",), secret_digest="x", scopes=EVERY_SCOPE, claims=claims)
    authorization = Authorization(made, client, representation, T0 + timedelta(seconds=1), perfil=PERFIL)
    return (
        set(id_token_claims(authorization, EVERY_SCOPE, alone=True))
        | set(userinfo_claims(authorization, EVERY_SCOPE))
        | set(access_token_claims(authorization, EVERY_SCOPE))
    ) - {"sub"}


@pytest.mark.parametrize("name", NAMES)
def test_one_claim_alone(name: str) -> None:
    """And the right, which goes wherever the inscrição goes."""
    allowed = frozenset({name})
    everything = told(ada, allowed) | told(wayne, allowed)
    assert everything <= {name} | ({"representacao"} if name in OF_THE_INSCRICAO else set())


@pytest.mark.parametrize("name", NAMES)
def test_every_claim_but_one(name: str) -> None:
    everybody = told(ada, None) | told(wayne, None)
    others = frozenset(NAMES) - {name}
    kept = {name} if name == "representacao" else set()  # the inscrição is told, and the right with it
    assert told(ada, others) | told(wayne, others) == (everybody - {name}) | (kept & everybody)


def test_an_empty_list_is_nothing_and_none_is_what_the_scopes_give() -> None:
    assert told(ada, frozenset()) == set()
    assert {"cpf", "inscricao", "representacao", "certificado", "titular"} <= told(ada, None)
    assert "responsavel" in told(wayne, None)


def test_what_is_never_told() -> None:
    """Birth date, RG, voter number, the certificate's serial number: no client has a claim for them."""
    assert not {"birthdate", "rg", "titulo_eleitor", "serial"} & (told(ada, None) | told(wayne, None))
