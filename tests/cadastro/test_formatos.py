"""CSV, JSON Lines and a JSON array are the same records, read piece by piece; what is none is told by its number."""

from __future__ import annotations

import io
import json
import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest

from idp.cadastro import formatos
from idp.cadastro.formatos import ArquivoInvalido, ler_csv, ler_json
from idp.cadastro.registros import LinhaInvalida

RECORDS: list[dict[str, Any]] = [
    {"tipo": "contribuinte", "documento": "99990001000198", "nome": 'Açaí, "Ltda"'},
    {"tipo": "estabelecimento", "documento": "99990001000198", "matriz": True},
    {"tipo": "procuracao", "id": "p", "poderes": ["dte.consultar", "nfe.consultar"], "pai": None},
]
CSV = (
    "tipo,documento,nome,matriz,id,poderes,pai\n"
    'contribuinte,99990001000198,"Açaí, ""Ltda""",,,,\n'
    "estabelecimento,99990001000198,,sim,,,\n"
    "procuracao,,,,p,dte.consultar|nfe.consultar,\n"
)
LINES = "\n".join(json.dumps(one) for one in RECORDS)


def read(text: str) -> list[tuple[int, Any]]:
    return [(number, str(line) if isinstance(line, LinhaInvalida) else line) for number, line in ler_json(_Text(text))]


class _Text(io.StringIO):
    """A file that comes in small pieces."""

    def read(self, size: int | None = -1, /) -> str:
        return super().read(min(size, 7) if size and size > 0 else size)


@pytest.mark.parametrize(
    "text", [LINES, LINES + "\n", json.dumps(RECORDS), json.dumps(RECORDS, indent=2), f" \n{LINES}"]
)
def test_the_same_records_in_every_form(text: str) -> None:
    expected = [line for _, line in ler_csv(io.StringIO(CSV))]
    assert [line for _, line in ler_json(_Text(text))] == expected
    assert expected[2]["poderes"] == "dte.consultar|nfe.consultar"  # type: ignore[index]


def test_numbers() -> None:
    assert [number for number, _ in read('{"tipo": "a"}\n\n{"tipo": "b"}\n')] == [1, 3]
    assert [number for number, _ in read('[{"tipo": "a"},\n{"tipo": "b"}]')] == [1, 2]
    assert [number for number, _ in ler_csv(io.StringIO('tipo,nome\na,"x\ny"\nb,z\n'))] == [3, 4]


def test_nothing_in_an_array_and_nothing_in_a_file() -> None:
    assert read("[]") == read(" [ \n ] ") == read("") == []


@pytest.mark.parametrize("form", ["{}\n", "[{}]"])
@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ("17", "not a JSON object"),
        ('"tipo"', "not a JSON object"),
        ("null", "not a JSON object"),
        ('{"tipo": 1}', "tipo: must be a text"),
        ('{"tipo": "a", "porte": "ME"}', "unknown member: 'porte'"),
        ('{"tipo": "a", "tipo": "b"}', "a member is named twice"),
        ('{"tipo": "a", "nome": ["x"]}', "nome: must be a text"),
        ('{"tipo": "a", "poderes": ["x|y"]}', "poderes: must be a text"),
        ('{"tipo": "a", "poderes": [1]}', "poderes: must be a text"),
        ('{"tipo": "a", "nome": {}}', "nome: must be a text"),
    ],
)
def test_a_record_that_is_none_is_told_and_the_next_is_read(form: str, record: str, reason: str) -> None:
    both = form.replace("{}", "{0}\n{1}" if form == "{}\n" else "{0},{1}").format(record, '{"tipo": "b"}')
    if form == "{}\n" and not record.startswith(("{", "[")):
        both = '{"tipo": "0"}\n' + both
    found = [line for _, line in read(both)]
    assert found[-2] == reason
    assert found[-1]["tipo"] == "b"


def test_a_broken_line_is_one_line() -> None:
    assert [line for _, line in read('{"tipo": "a"\n{"tipo": "b"}\n{"tipo"}\n')][0::2] == ["not a JSON object"] * 2


@pytest.mark.parametrize(
    "text",
    [
        "[",
        '[{"tipo": "a"}',
        '[{"tipo": "a"} {"tipo": "b"}]',
        '[{"tipo": "a"},]',
        '[{"tipo": "a"}]]',
        '[{"tipo": "a"',
        "[" * 5000,
        '[{"tipo": nothing}]',
    ],
)
def test_an_array_that_is_none(text: str) -> None:
    with pytest.raises(ArquivoInvalido):
        read(text)


def test_records_longer_than_any(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(formatos, "LONGEST", 100)
    long = '{"tipo": "' + "a" * 200 + '"}'
    for text in (long, f"[{long}"):
        with pytest.raises(ArquivoInvalido, match="longer"):
            read(text)


def test_bytes_that_are_not_utf8() -> None:
    for text in ('{"tipo": "é"}', '[{"tipo": "é"}]'):
        broken = io.TextIOWrapper(io.BytesIO(text.encode("latin-1")), encoding="utf-8")
        with pytest.raises(ArquivoInvalido, match="UTF-8"):
            list(ler_json(broken))


@pytest.mark.parametrize("form", [lambda one: f"{one}\n" * 10_000, lambda one: "[" + ",".join([one] * 10_000) + "]"])
def test_memory_does_not_grow_with_the_file(form: Callable[[str], str]) -> None:
    text = io.TextIOWrapper(io.BytesIO(form(json.dumps(RECORDS[0])).encode()), encoding="utf-8")
    tracemalloc.start()
    count = sum(1 for _ in ler_json(text))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (count, peak < 2_000_000) == (10_000, True)
