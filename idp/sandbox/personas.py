"""Who can try the sandbox. The tuple is the whole list: a new persona is one entry here and rows in cadastro.csv.

Names, documents and inscrições are fictitious; their check digits are right (CPF of the tax region that has Amazonas).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

P12_PASSWORD = "portaria"  # printed on purpose: these keys protect nothing


class Profile(StrEnum):
    """Shape of a persona's certificate: which fields carry the identity."""

    E_CPF_ANTIGO = "e-CPF, old profile (otherName)"
    E_CPF_NOVO = "e-CPF, Res. 211 profile (serialNumber and otherName)"
    E_CNPJ_ANTIGO = "e-CNPJ, old profile (otherName)"
    SELO = "SE-S, Res. 211 profile (serialNumber)"
    SITE = "TLS site certificate"
    NENHUM = "no certificate"


@dataclass(frozen=True, slots=True)
class CertificateSpec:
    """What to write into a persona's certificate.

    ``policy`` is the type in the policy arc (1 = A1, 3 = A3, 201 = SE-S). ``issuer`` is a slug of
    :data:`idp.sandbox.authorities.ISSUING`, or "" for self-signed. ``nascimento`` is ddmmaaaa and ``responsavel``
    (CPF, name). ``days`` are the first and last day of validity, counted from the day the sandbox is made.
    ``cn_number`` is the number that ends the CN when it is not ``documento``.
    """

    profile: Profile
    documento: str = ""
    policy: str = ""
    issuer: str = ""
    nascimento: str = "00000000"
    responsavel: tuple[str, str] = ("", "")
    days: tuple[int, int] = (-30, 335)
    revoked: bool = False
    cn_number: str = ""


@dataclass(frozen=True, slots=True)
class Expected:
    """How the journey ends: a refusal page's ``codigo``, or a login with so many choices, of which one is taken."""

    code: str = ""
    choices: int = 0
    inscricao: str = ""
    modo: str = ""
    acr: str = ""


@dataclass(frozen=True, slots=True)
class Persona:
    slug: str
    nome: str
    shows: str
    spec: CertificateSpec
    expected: Expected


SOFTWARE, HARDWARE = "software", "hardware"
_A3_DAYS = (-200, 895)

PERSONAS = (
    Persona(
        "empresa",
        "ACAI DO RIO NEGRO ALIMENTOS LTDA",
        "e-CNPJ A1, old profile: matriz and two filiais, five inscrições between them",
        CertificateSpec(
            Profile.E_CNPJ_ANTIGO,
            "99990001000198",
            "1",
            "rfb-v5",
            "14031979",
            ("90000101281", "JACIRA BATISTA DE SOUZA"),
        ),
        Expected(choices=5, inscricao="AM:049000012", modo="titular", acr=SOFTWARE),
    ),
    Persona(
        "contadora",
        "FRANCISCA CHAGAS DO NASCIMENTO",
        "accountant's e-CPF A3, Res. 211 profile: procurações from three companies, one with an alphanumeric CNPJ",
        CertificateSpec(Profile.E_CPF_NOVO, "90000102253", "3", "final-v12", "02091984", days=_A3_DAYS),
        Expected(choices=7, inscricao="AM:049000071", modo="procuracao", acr=HARDWARE),
    ),
    Persona(
        "escritorio",
        "ENCONTRO DAS CONTAS SERVICOS CONTABEIS LTDA",
        "a firm of accountants with its e-CNPJ A1: two companies gave it procurações, one of which it may pass on",
        CertificateSpec(
            Profile.E_CNPJ_ANTIGO,
            "99990007000165",
            "1",
            "rfb-v5",
            "20041970",
            ("90000117285", "IRACEMA LOBATO PINHEIRO"),
        ),
        Expected(choices=6, inscricao="AM:049000063", modo="procuracao", acr=SOFTWARE),
    ),
    Persona(
        "auxiliar",
        "DAVI MARQUES FONSECA",
        "that firm's employee with an e-CPF A3: named by it to consult the DT-e, for all of its clients",
        CertificateSpec(Profile.E_CPF_NOVO, "90000118257", "3", "final-v12", "06071999", days=_A3_DAYS),
        Expected(choices=6, inscricao="AM:049000012", modo="procuracao", acr=HARDWARE),
    ),
    Persona(
        "funcionario",
        "JOAO PEDRO TAVARES",
        "employee's e-CPF A1: a procuração for one poder and one inscrição",
        CertificateSpec(Profile.E_CPF_ANTIGO, "90000103225", "1", "rfb-v5", "25111996"),
        Expected(choices=1, inscricao="AM:049000039", modo="procuracao", acr=SOFTWARE),
    ),
    Persona(
        "socio",
        "RAIMUNDO NONATO BATISTA",
        "partner's e-CPF A3, old profile, from an AC with a lax CA certificate: legal representative of two companies",
        CertificateSpec(Profile.E_CPF_ANTIGO, "90000107212", "3", "multipla-v5", "30061975", days=_A3_DAYS),
        Expected(choices=6, inscricao="AM:049000063", modo="representante_legal", acr=HARDWARE),
    ),
    Persona(
        "produtora",
        "TEREZA KAMBEBA",
        "rural producer's e-CPF A3: an inscrição in her own CPF",
        CertificateSpec(Profile.E_CPF_ANTIGO, "90000108294", "3", "multipla-v5", "08031968", days=_A3_DAYS),
        Expected(choices=1, inscricao="AM:049000101", modo="titular", acr=HARDWARE),
    ),
    Persona(
        "selo",
        "ESTALEIRO ENCONTRO DAS AGUAS LTDA",
        "Selo Eletrônico (SE-S) of a company with an alphanumeric CNPJ: nobody's CPF inside",
        CertificateSpec(Profile.SELO, "12ABC34501DE35", "201", "selo-v12"),
        Expected(choices=1, inscricao="AM:049000071", modo="titular", acr=SOFTWARE),
    ),
    Persona(
        "cidada",
        "MARIA DO SOCORRO LIMA",
        "e-CPF A3 with no inscrição and no procuração",
        CertificateSpec(Profile.E_CPF_NOVO, "90000104205", "3", "final-v12", "19121990", days=_A3_DAYS),
        Expected(code="INS-01"),
    ),
    Persona(
        "ex-administrador",
        "MADEIRAS SOLIMOES LTDA",
        "e-CNPJ A1 still valid, whose responsável is no longer the company's legal representative",
        CertificateSpec(
            Profile.E_CNPJ_ANTIGO,
            "99990003000187",
            "1",
            "rfb-v5",
            "11041962",
            ("90000105279", "ANTONIO CARLOS MENEZES"),
        ),
        Expected(code="CERT-10"),
    ),
    Persona(
        "sem-certificado",
        "(ninguém)",
        "presents no certificate",
        CertificateSpec(Profile.NENHUM),
        Expected(code="CERT-01"),
    ),
    Persona(
        "vencido",
        "LUIZ HENRIQUE AZEVEDO",
        "e-CPF A1 that expired",
        CertificateSpec(Profile.E_CPF_ANTIGO, "90000109266", "1", "rfb-v5", "05051988", days=(-400, -35)),
        Expected(code="CERT-02"),
    ),
    Persona(
        "futuro",
        "ANA CLARA MACIEL",
        "e-CPF A3 that is not valid yet",
        CertificateSpec(Profile.E_CPF_NOVO, "90000110272", "3", "final-v12", "17071993", days=(30, 1125)),
        Expected(code="CERT-03"),
    ),
    Persona(
        "revogado",
        "PESCADO DO TUPE COMERCIO LTDA",
        "e-CNPJ A1 that its AC revoked",
        CertificateSpec(
            Profile.E_CNPJ_ANTIGO,
            "99990004000121",
            "1",
            "rfb-v5",
            "22021971",
            ("90000111244", "SEBASTIANA FREITAS MOURA"),
            revoked=True,
        ),
        Expected(code="CERT-04"),
    ),
    Persona(
        "ac-desconhecida",
        "PAULO SERGIO CORDEIRO",
        "e-CPF A1 that looks right, from an AC that is not in the list",
        CertificateSpec(Profile.E_CPF_ANTIGO, "90000112216", "1", "desconhecida", "09091980"),
        Expected(code="CERT-05"),
    ),
    Persona(
        "site",
        "LOJA VIRTUAL IGARAPE LTDA",
        "a TLS site (SSL) certificate",
        CertificateSpec(
            Profile.SITE,
            "99990005000176",
            "401",
            "multipla-v5",
            "28081983",
            ("90000113298", "IVANILDE SOARES BRAGA"),
        ),
        Expected(code="CERT-07"),
    ),
    Persona(
        "fora-da-icp",
        "ROBERTO CARDOSO FILHO",
        "self-signed, outside ICP-Brasil",
        CertificateSpec(Profile.E_CPF_ANTIGO, "90000114260", "1", "", "16061977"),
        Expected(code="CERT-08"),
    ),
    Persona(
        "divergente",
        "LUCIANA REIS ALENCAR",
        "e-CPF A1 with one CPF in the CN and another in the SAN",
        CertificateSpec(Profile.E_CPF_ANTIGO, "90000115231", "1", "rfb-v5", "01011985", cn_number="90000116203"),
        Expected(code="CERT-09"),
    ),
)


def persona(slug: str) -> Persona:
    """The persona of that slug. Raises KeyError naming all of them."""
    for candidate in PERSONAS:
        if candidate.slug == slug:
            return candidate
    raise KeyError(f"no persona {slug!r}; there are: {', '.join(p.slug for p in PERSONAS)}")
