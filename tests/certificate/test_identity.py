"""Who a certificate names: both profiles, and every way of naming two persons, or none."""

from __future__ import annotations

import pytest

from idp.domain.certificado import TipoCertificado
from tests.certificate.conftest import World
from tests.certificate.openssl_pki import (
    A1,
    CNPJ,
    CNPJ_ALPHA,
    CPF,
    CPF_OTHER,
    E_CNPJ,
    E_CPF,
    SE_S,
    dados,
    hexed,
    octets,
)

MAIL = "email:a@example.com"


@pytest.mark.parametrize("rest", ["0" * 26, "0" * 26 + "SSPDF", "0" * 26 + "TESTESSPAC", ""])
def test_old_e_cpf_reads_nineteen_bytes_whatever_follows(world: World, rest: str) -> None:
    """45, 50 and 55 bytes are met; editions of the norm differ in the width of the issuing body."""
    der = world.pki.leaf(world.ca, san=(octets(1, dados(rest=rest)), MAIL))
    assert world.accepted(der).holder.documento.numero == CPF


@pytest.mark.parametrize("kind", ["OCTETSTRING", "UTF8", "PRINTABLESTRING", "IA5", "T61", "BMP"])
def test_every_string_type_met_in_practice_is_read(world: World, kind: str) -> None:
    der = world.pki.leaf(world.ca, san=(octets(1, dados(), kind), MAIL))
    assert world.accepted(der).holder.documento.numero == CPF


def test_new_e_cpf_with_serial_number_and_other_name(world: World) -> None:
    """Res. CG ICP-Brasil 211/2024."""
    der = world.pki.leaf(world.ca, serial_number=[CPF], san=(octets(1, dados()), MAIL))
    assert world.accepted(der).holder.documento.numero == CPF


def test_new_e_cpf_by_serial_number_alone(world: World) -> None:
    verdict = world.accepted(world.pki.leaf(world.ca, serial_number=[CPF], san=(MAIL,)))
    assert (verdict.certificado.tipo, verdict.holder.documento.numero) == (TipoCertificado.E_CPF, CPF)


@pytest.mark.parametrize("cnpj", [CNPJ, CNPJ_ALPHA])
def test_old_e_cnpj_with_its_responsavel(world: World, cnpj: str) -> None:
    san = (octets(4, dados()), octets(2, "JOAO DA SILVA"), octets(3, cnpj), octets(7, "0" * 12))
    holder = world.accepted(world.pki.leaf(world.ca, cn=f"EMPRESA SA:{cnpj}", san=san, policies=(A1,))).holder
    assert (holder.documento.numero, holder.nome) == (cnpj, "EMPRESA SA")
    assert (holder.responsavel.cpf.numero, holder.responsavel.nome) == (CPF, "JOAO DA SILVA")


def test_an_e_cnpj_may_name_nobody_who_answers_for_it(world: World) -> None:
    absent = world.pki.leaf(world.ca, cn=f"EMPRESA SA:{CNPJ}", san=(octets(3, CNPJ), octets(7, "0" * 12)))
    zeros = (octets(4, "0" * 45), octets(2, "X"), octets(3, CNPJ))
    unavailable = world.pki.leaf(world.ca, cn=f"EMPRESA SA:{CNPJ}", san=zeros)
    assert world.accepted(absent).holder.responsavel is None
    assert world.accepted(unavailable).holder.responsavel is None


@pytest.mark.parametrize("number", [CNPJ, f"CNPJ:{CNPJ}", CNPJ_ALPHA, f"CNPJ:{CNPJ_ALPHA}"])
def test_seal_names_the_company_and_nobody_else(world: World, number: str) -> None:
    der = world.pki.leaf(world.ca, cn="EMPRESA SA", serial_number=[number], san=(MAIL,), policies=(SE_S,))
    verdict = world.accepted(der)
    assert verdict.certificado.tipo is TipoCertificado.SELO
    assert verdict.holder.documento.numero == number.removeprefix("CNPJ:")
    assert verdict.holder.responsavel is None


@pytest.mark.parametrize(
    ("cn", "shown"),
    [
        (f"MARIA DA SILVA:{CPF}", "MARIA DA SILVA"),
        ("MARIA DA SILVA", "MARIA DA SILVA"),
        (f"SILVA: MARIA:{CPF}", "SILVA: MARIA"),
        ("SILVA: MARIA", "SILVA: MARIA"),
        ("JOSÉ CONCEIÇÃO:529.982.247-25", "JOSÉ CONCEIÇÃO"),
    ],
)
def test_the_common_name_is_for_display(world: World, cn: str, shown: str) -> None:
    assert world.accepted(world.pki.leaf(world.ca, cn=cn)).holder.nome == shown


@pytest.mark.parametrize("birth", ["00000000", "31101607", "99999999"])
def test_a_birth_date_names_nobody_and_is_not_judged(world: World, birth: str) -> None:
    der = world.pki.leaf(world.ca, san=(octets(1, dados(birth=birth)), MAIL))
    assert world.accepted(der).holder.documento.numero == CPF


def _refused(world: World, token: str, **options: object) -> None:
    details = world.details(world.pki.leaf(world.ca, **options))  # type: ignore[arg-type]
    assert details == [f"CERT-09 {token}"]


@pytest.mark.attack("ATK-039")
def test_two_persons_in_one_field_are_nobody(world: World) -> None:
    _refused(world, "duplicate-other-name", san=(octets(1, dados()), octets(1, dados(CPF_OTHER)), MAIL))
    _refused(world, "duplicate-other-name", san=(octets(1, dados()), octets(1, dados()), MAIL))


@pytest.mark.attack("ATK-040")
@pytest.mark.parametrize(
    "san", [(*E_CPF, *E_CNPJ), (octets(1, dados()), octets(3, CNPJ)), (*E_CPF, octets(4, dados()))]
)
def test_a_person_and_a_company_together_are_nobody(world: World, san: tuple[str, ...]) -> None:
    _refused(world, "ambiguous-person", san=san)


def test_a_seal_with_a_persons_field_is_nobody(world: World) -> None:
    _refused(world, "ambiguous-person", san=E_CPF, serial_number=[CNPJ], cn="EMPRESA SA", policies=(SE_S,))


@pytest.mark.attack("ATK-041")
def test_the_common_name_may_not_say_another(world: World) -> None:
    _refused(world, "common-name-mismatch", cn=f"MARIA DA SILVA:{CPF_OTHER}")
    _refused(world, "common-name-mismatch", cn=f"MARIA DA SILVA:{CNPJ}")
    _refused(world, "common-name-mismatch", cn="MARIA DA SILVA:111.444.777-35")


@pytest.mark.attack("ATK-041")
def test_the_serial_number_may_not_say_another(world: World) -> None:
    _refused(world, "serial-number-mismatch", serial_number=[CPF_OTHER])
    _refused(world, "serial-number-mismatch", serial_number=["MATRICULA 7"])
    company = {"cn": f"EMPRESA SA:{CNPJ}", "san": E_CNPJ}
    _refused(world, "serial-number-mismatch", serial_number=[CNPJ_ALPHA], **company)
    seal = {"cn": "EMPRESA SA", "policies": (SE_S,), "san": (octets(3, CNPJ_ALPHA), MAIL)}
    _refused(world, "serial-number-mismatch", serial_number=[CNPJ], **seal)


@pytest.mark.attack("ATK-042")
@pytest.mark.parametrize(
    "content",
    [
        b"01011980" + b"5299822472\0" + b"0" * 26,
        b"01011980" + b"\0" + b"5299822472" + b"0" * 26,
        b"01011980" + b"52998224725"[:6] + b"\0" + b"224725" + b"0" * 26,
        b"01011980" + "５２９".encode() + b"98224725" + b"0" * 26,
        b"01011980" + b"529 9822472" + b"0" * 26,
        b"01011980" + b"5299822472a" + b"0" * 26,
        b"01011980" + b"52998224726" + b"0" * 26,
        b"01011980" + b"11111111111" + b"0" * 26,
        b"01011980" + b"99999999999" + b"0" * 26,
        b"01011980" + b"00000000000" + b"0" * 26,
    ],
)
def test_a_cpf_is_eleven_ascii_digits_with_their_check_digits(world: World, content: bytes) -> None:
    _refused(world, "cpf-invalid", san=(hexed(1, content), MAIL))


@pytest.mark.attack("ATK-042")
@pytest.mark.parametrize("content", [b"11222333000181\0", b"1122233300018", b"11222333000182", b"12abc34501de35", b""])
def test_a_cnpj_is_fourteen_characters_with_their_check_digits(world: World, content: bytes) -> None:
    # openssl writes no empty HEX value, so the empty one is spaces, which are forgiven around a number
    _refused(world, "cnpj-invalid", cn="EMPRESA SA", san=(hexed(3, content or b"  "), octets(7, "0" * 12)))


@pytest.mark.attack("ATK-045")
@pytest.mark.parametrize(
    "name",
    [
        octets(1, dados()[:18]),
        octets(1, "0101198X" + CPF),
        octets(1, dados() + "9" * 1200),
        "otherName:2.16.76.1.3.1;INTEGER:42",
        "otherName:2.16.76.1.3.1;BOOL:TRUE",
        "otherName:2.16.76.1.3.1;NULL",
        f"otherName:2.16.76.1.3.1;EXP:0,FORMAT:ASCII,OCTETSTRING:{dados()}",
    ],
)
def test_a_field_of_the_wrong_shape_is_refused(world: World, name: str) -> None:
    _refused(world, "other-name-malformed", san=(name, MAIL))


@pytest.mark.attack("ATK-045")
def test_more_names_than_any_certificate_has_are_refused(world: World) -> None:
    mails = tuple(f"email:a{n}@example.com" for n in range(32))
    _refused(world, "too-many-names", san=(octets(1, dados()), *mails))
    assert world.accepted(world.pki.leaf(world.ca, san=(octets(1, dados()), *mails[:31])))


@pytest.mark.attack("ATK-043")
@pytest.mark.attack("ATK-044")
@pytest.mark.parametrize(
    "character",
    ["\n", "\0", "\x7f", "\u202e", "\u200b", "\ufeff", "\u2028", "\uff11", "\u0661", "\uff21", "\ue000"],
)
def test_a_name_holds_nothing_invisible_or_misleading(world: World, character: str) -> None:
    der = world.pki.leaf(world.ca, cn="MARIA XXXXXX SILVA")
    encoded = character.encode()
    patched = world.pki.resigned(der, b"XXXXXX", encoded + b"X" * (6 - len(encoded)), world.ca.key)
    assert world.details(patched) == ["CERT-09 forbidden-character"]


@pytest.mark.attack("ATK-044")
def test_one_common_name_and_one_serial_number(world: World) -> None:
    _refused(world, "duplicate-attribute", cn=[f"MARIA DA SILVA:{CPF}", f"OUTRA:{CPF_OTHER}"])
    _refused(world, "duplicate-attribute", serial_number=[CPF, CPF_OTHER])


@pytest.mark.attack("ATK-044")
def test_identity_never_comes_from_the_common_name(world: World) -> None:
    _refused(world, "identity-missing", san=(MAIL,))


def test_a_company_without_its_number_is_nobody(world: World) -> None:
    _refused(world, "cnpj-missing", cn=f"EMPRESA SA:{CNPJ}", san=(octets(7, "0" * 12), octets(4, dados())))
    _refused(world, "cnpj-missing", cn=f"EMPRESA SA:{CNPJ}", san=(MAIL,), policies=(SE_S,))


def test_a_hostile_responsavel_spoils_the_whole(world: World) -> None:
    san = (octets(4, dados("52998224726")), octets(2, "JOAO"), octets(3, CNPJ))
    _refused(world, "cpf-invalid", cn=f"EMPRESA SA:{CNPJ}", san=san)
    hidden = (octets(4, dados()), hexed(2, "JOAO\u202eOAOJ".encode()), octets(3, CNPJ))
    _refused(world, "forbidden-character", cn=f"EMPRESA SA:{CNPJ}", san=hidden)


def test_without_a_name_there_is_nobody_to_greet(world: World) -> None:
    _refused(world, "name-missing", cn=[])
