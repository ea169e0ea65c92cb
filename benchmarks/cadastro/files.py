"""An authority's cadastro of any size, as an import file; made of counters, so that every run makes the same one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

HEADER = (
    "tipo,documento,nome,matriz,uf,numero,situacao,municipio,cpf,id,outorgado,outorgado_nome,poderes,escopo,inscricoes,"
    "inicio,fim,estado"
)
PER_COMPANY = 4
"""Inscrições of each company; every tenth contribuinte is a person with one."""


def cpf(number: int) -> str:
    """The CPF with these first nine digits."""
    digits = [int(digit) for digit in f"{number:09}"]
    for length in (9, 10):
        total = sum(digit * weight for digit, weight in zip(digits, range(length + 1, 1, -1), strict=True))
        digits.append((total * 10) % 11 % 10)
    return "".join(map(str, digits))


def cnpj(raiz: int, order: int = 1) -> str:
    """The CNPJ of that establishment of the company with these eight digits."""
    digits = [int(digit) for digit in f"{raiz:08}{order:04}"]
    for weights in ((5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2), (6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2)):
        rest = sum(digit * weight for digit, weight in zip(digits, weights, strict=True)) % 11
        digits.append(0 if rest < 2 else 11 - rest)
    return "".join(map(str, digits))


def lines(inscricoes: int, procuracoes: int, *, situacao: str = "ATIVA") -> Iterator[str]:
    """The CSV's lines. Company i has the CNPJ root 10000000 + i and the representative cpf(200000000 + i)."""
    yield HEADER
    written, who = 0, 0
    while written < inscricoes:
        if who % 10 == 9:
            document = cpf(300_000_000 + who)
            yield f"contribuinte,{document},PRODUTOR RURAL {who},,,,,,,,,,,,,,,"
            numbers, documents = 1, [document]
        else:
            documents = [cnpj(10_000_000 + who, order) for order in (1, 2)]
            yield f"contribuinte,{documents[0]},EMPRESA {who} LTDA,,,,,,,,,,,,,,,"
            for order, document in enumerate(documents):
                yield f"estabelecimento,{document},,{'nao' if order else 'sim'},,,,,,,,,,,,,,"
            yield f"representante,{documents[0]},SOCIO {who},,,,,,{cpf(200_000_000 + who)},,,,,,,,,"
            numbers = PER_COMPANY
        for at in range(min(numbers, inscricoes - written)):
            document = documents[at % len(documents)]
            yield f"inscricao,{document},,,AM,{written:09},{situacao},Manaus,,,,,,,,,,"
            written += 1
        who += 1
    companies = [i for i in range(who) if i % 10 != 9]
    for at in range(procuracoes):
        company = companies[at % len(companies)]
        # Offices of five hundred clients each, in several rounds over all companies.
        office = 400_000_000 + at // 500
        yield (
            f"procuracao,{cnpj(10_000_000 + company)},EMPRESA {company} LTDA,,,,,,,p{at},{cpf(office)},CONTADOR,"
            "dte.consultar|nfe.consultar,raiz,,2026-01-01,2030-01-01,ATIVA"
        )


def write(path: Path, inscricoes: int, procuracoes: int, **options: str) -> int:
    """Write the file; how many lines it has."""
    count = 0
    with path.open("w", encoding="utf-8") as to:
        for line in lines(inscricoes, procuracoes, **options):
            to.write(line + "\n")
            count += 1
    return count
