"""What a person told of himself and what is kept of him, in words; the form for it, with what is wrong beside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from idp.domain.perfil import Endereco, Perfil
from idp.flow.meus_dados import ENDERECO, GENDERS, LIMITS, LOCALES, PERSONAL, ZONES
from idp.web.text import data, legivel
from idp.web.views.portal_formulario import Erros

ROTULOS = {
    "email": "E-mail",
    "phone_number": "Telefone",
    "given_name": "Nome",
    "family_name": "Sobrenome",
    "nickname": "Como prefere ser chamado",
    "birthdate": "Data de nascimento",
    "gender": "Gênero",
    "website": "Site",
    "profile": "Página com o seu perfil",
    "picture": "Endereço de uma foto ou logotipo",
    "zoneinfo": "Fuso horário",
    "locale": "Idioma",
    "street_address": "Rua, número e complemento",
    "locality": "Município",
    "region": "Estado",
    "postal_code": "CEP",
    "country": "País",
}
_DICAS = {
    "email": "Serviços autorizados a ver o e-mail recebem este. Ninguém o confirmou, e eles são avisados disso.",
    "phone_number": "Com DDD. De outro país, comece com + e o código do país.",
    "birthdate": "Dia, mês e ano.",
    "website": "Começa com https://",
    "profile": "Começa com https://",
    "picture": "Começa com https://",
}
_AUTOCOMPLETE = {
    "email": "email",
    "phone_number": "tel",
    "given_name": "given-name",
    "family_name": "family-name",
    "nickname": "nickname",
    "birthdate": "bday",
    "gender": "sex",
    "website": "url",
    "picture": "photo",
    "locale": "language",
    "street_address": "street-address",
    "locality": "address-level2",
    "region": "address-level1",
    "postal_code": "postal-code",
    "country": "country-name",
}
_MODOS = {"email": "email", "phone_number": "tel", "website": "url", "profile": "url", "picture": "url"}
_GENEROS = dict(zip(GENDERS, ("Feminino", "Masculino", "Outro"), strict=True))
_IDIOMAS = dict(zip(LOCALES, ("Português", "Inglês", "Espanhol"), strict=True))
_CIDADES = {
    "Sao_Paulo": "Brasília e São Paulo",
    "Belem": "Belém",
    "Cuiaba": "Cuiabá",
    "Maceio": "Maceió",
    "Santarem": "Santarém",
    "Araguaina": "Araguaína",
    "Eirunepe": "Eirunepé",
    "Noronha": "Fernando de Noronha",
}
_FUSOS = {zone: _CIDADES.get(city := zone.rpartition("/")[2], city.replace("_", " ")) for zone in ZONES}
_LISTAS = {"gender": _GENEROS, "locale": _IDIOMAS, "zoneinfo": _FUSOS}
MAIS = "Outros dados"
"""The group that is folded away while nothing in it is told."""
GRUPOS = (
    ("Contato", ("email", "phone_number")),
    ("Endereço", ("street_address", "locality", "region", "postal_code", "country")),
    (
        MAIS,
        (
            *("given_name", "family_name", "nickname", "birthdate", "locale", "zoneinfo"),
            *("gender", "website", "profile", "picture"),
        ),
    ),
)
_ERRADO = {
    "email": "Confira o e-mail: ele tem a forma nome@exemplo.com.br.",
    "phone_number": "Confira o telefone: DDD e número, como (92) 99999-0000.",
    "birthdate": "Escreva a data como dia/mês/ano, por exemplo 31/12/1980, e não no futuro.",
    **dict.fromkeys(
        ("website", "profile", "picture"), "Confira o endereço: ele começa com https:// e não tem espaços."
    ),
    **dict.fromkeys(("gender", "locale", "zoneinfo"), "Escolha uma das opções."),
}
_MOTIVO = {"longo": "O texto é longo demais."}


@dataclass(frozen=True, slots=True)
class Prazos:
    """How long what is kept of people is kept: the settings of docs/retention.md, in days; ``sessao`` in hours."""

    autorizacoes: int
    acessos: int
    procuracoes: int
    registro: int
    sessao: int


def guardado(prazos: Prazos) -> tuple[tuple[str, str], ...]:
    """What is kept, and for how long."""
    return (
        ("O que você informou nesta página", "Até você apagar."),
        ("Escolhas fixadas no alto das suas listas", "Até você desfazer."),
        ("Autorizações que você deu a serviços", f"Até {prazo(prazos.autorizacoes)}, ou até você retirar."),
        ("Acessos a serviços", f"{prazo(prazos.acessos).capitalize()} depois do fim."),
        (
            "Procurações que você deu ou recebeu, com o histórico; pedidos; designações de equipe",
            f"Enquanto valem, e {prazo(prazos.procuracoes)} depois do fim, porque podem ser prova.",
        ),
        (
            "Registro de quem agiu, quando e com que certificado",
            f"{prazo(prazos.registro).capitalize()}; depois o conteúdo é apagado.",
        ),
        ("Suas inscrições e empresas", "São do cadastro da Secretaria e seguem o prazo dele."),
        ("Sessões abertas", f"Até {prazos.sessao} horas. Não guardamos o seu certificado, só o que o identifica."),
    )


def prazo(days: int) -> str:
    """``5 anos`` where it is that, else ``180 dias``."""
    years, rest = divmod(days, 365)
    if years and rest <= years // 4 + 1:
        return f"{years} ano{'s' if years > 1 else ''}"
    return f"{days} dias"


@dataclass(frozen=True, slots=True)
class Campo:
    """``opcoes``: (value, label) of a list, else empty. ``tipo``: of the input."""

    nome: str
    rotulo: str
    valor: str
    dica: str
    maximo: int
    autocomplete: str
    modo: str
    tipo: str
    opcoes: tuple[tuple[str, str], ...] = ()


def valores(perfil: Perfil | None) -> dict[str, str]:
    """What was told, field by field of the form."""
    if perfil is None:
        return dict.fromkeys(LIMITS, "")
    address = perfil.address or Endereco()
    return {name: str(getattr(address if name in ENDERECO else perfil, name)) for name in LIMITS}


def grupos(valores: Mapping[str, str], *, empresa: bool) -> list[tuple[str, list[Campo]]]:
    return [
        (titulo, [_campo(name, valores.get(name, "")) for name in names if not (empresa and name in PERSONAL)])
        for titulo, names in GRUPOS
    ]


def _campo(name: str, valor: str) -> Campo:
    opcoes = (("", "Não informar"), *_LISTAS[name].items()) if name in _LISTAS else ()
    tipo = "date" if name == "birthdate" and (not valor or _iso(valor)) else "text"
    rotulo, dica = ROTULOS[name], _DICAS.get(name, "")
    return Campo(
        name, rotulo, valor, dica, LIMITS[name], _AUTOCOMPLETE.get(name, "off"), _MODOS.get(name, ""), tipo, opcoes
    )


def _iso(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def erros(problemas: Sequence[Sequence[str]]) -> Erros:
    """Of (campo, motivo, detail), each field's first."""
    campos: dict[str, str] = {}
    for campo, motivo, _ in problemas:
        campos.setdefault(campo, _MOTIVO.get(motivo) or _ERRADO.get(campo, "Confira este campo."))
    found = {name: campos[name] for name in ROTULOS if name in campos}
    return Erros(tuple((f"#campo-{name}", f"{ROTULOS[name]}: {texto}") for name, texto in found.items()), found)


def resumo(perfil: Perfil | None) -> list[tuple[str, str]]:
    """What was told, with its labels; of e-mail and telephone whether anybody confirmed them."""
    if perfil is None:
        return []
    confirmed = {"email": perfil.email_verified, "phone_number": perfil.phone_number_verified}
    told = []
    for name, valor in valores(perfil).items():
        if not valor:
            continue
        shown = _LISTAS[name].get(valor, valor) if name in _LISTAS else _dia(valor) if name == "birthdate" else valor
        note = "" if name not in confirmed else " (confirmado)" if confirmed[name] else " (não confirmado)"
        told.append((ROTULOS[name], legivel(shown, 300) + note))
    return [*told, ("Última mudança", data(perfil.updated_at))]


def _dia(text: str) -> str:
    return date.fromisoformat(text).strftime("%d/%m/%Y") if _iso(text) else text
