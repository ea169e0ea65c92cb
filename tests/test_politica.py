"""The authority's policy file: what it may say, and that every mistake is named by its place."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from idp import politica
from idp.domain.certificado import Nivel
from idp.domain.politica import DEFAULT, Ato, Pessoa, PoderDoCatalogo, Qualidade, Regra
from idp.errors import ConfigurationError

FILE = """
aceite = false
prazo_aceite_dias = 7
profundidade = 0
todos = false

[[regras]]
ato = "outorgar"
por = "e-cnpj"
a = ["PF"]
nivel = "A3"
prazo_dias = 365

[poderes."dte.ler"]
titulo = "ler o DT-e"
descricao = "Ler as mensagens."
nivel_minimo = "A3"
a = ["PF"]
substabelecivel = false
"""


def test_a_file_says_what_it_says_and_leaves_the_rest(tmp_path: Path) -> None:
    (tmp_path / "p.toml").write_text(FILE)
    found = politica.load(str(tmp_path / "p.toml"))
    assert found.regras == (
        Regra(Ato.OUTORGAR, Qualidade.E_CNPJ, frozenset({Pessoa.PF}), Nivel.A3, timedelta(days=365)),
    )
    assert found.catalogo == {
        "dte.ler": PoderDoCatalogo(
            "dte.ler", "ler o DT-e", "Ler as mensagens.", "", Nivel.A3, frozenset({Pessoa.PF}), False
        )
    }
    assert (found.aceite, found.todos, found.profundidade) == (False, False, 0)
    assert found.prazo_aceite == timedelta(days=7)
    assert (found.pedidos_abertos, found.prazo_pedido) == (2000, timedelta(days=30))


def test_without_a_file_the_default_and_what_is_written_reads_back() -> None:
    assert politica.load("") is DEFAULT
    for one in (DEFAULT, politica.read(FILE)):
        assert politica.read(politica.write(one)) == one


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("aceite = 1", "aceite: true or false"),
        ("aciete = true", "aciete: there is no such key"),
        ("profundidade = 8", "profundidade: a whole number from 0 to 7"),
        ("profundidade = true", "profundidade: a whole number"),
        ("prazo_aceite_dias = 0", "prazo_aceite_dias: a whole number from 1"),
        ("prazo_aceite_dias = 40000", "prazo_aceite_dias: a whole number from 1"),
        ("regras = 1", r"regras: tables, each under \[\[regras\]\]"),
        (FILE.replace('"A3"\nprazo', '"SE-S"\nprazo'), r"regras\[1\].nivel: one of A1, A2, A3, A4(?!, )"),
        (FILE.replace('nivel = "A3"\n', ""), r"regras\[1\]: nivel is missing"),
        (FILE.replace('"e-cnpj"', '"contador"'), r"regras\[1\].por: one of e-cnpj, representante_legal, e-cpf"),
        (FILE.replace('a = ["PF"]', "a = []", 1), r"regras\[1\].a: a list of PF, PJ"),
        (FILE.replace("titulo", "titel"), "poderes.dte.ler: titulo is missing"),
        (FILE.replace("descricao =", "x = 1\ndescricao ="), "poderes.dte.ler.x: there is no such key"),
        (FILE.replace('"dte.ler"', '"todos"'), "poderes.todos: 1 to 64"),
        (FILE.replace('"dte.ler"', '"a|b"'), r"poderes.a\|b: 1 to 64"),
        (FILE.replace('"ler o DT-e"', '"a\\u0007b"'), "poderes.dte.ler.titulo: a text of one line"),
        ("poderes = {}", "poderes: a table for each"),
        ("aceite = talvez", "line 1"),
    ],
)
def test_every_mistake_is_named_by_its_place(tmp_path: Path, text: str, place: str) -> None:
    file = tmp_path / "p.toml"
    file.write_text(text)
    with pytest.raises(ConfigurationError, match=place) as refused:
        politica.load(str(file))
    assert str(file) in refused.value.problem


def test_a_file_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="No such file"):
        politica.load(str(tmp_path / "none.toml"))
