"""Import 10² and 10⁶ inscrições with their procurações into SQLite and PostgreSQL; then log in on each.

    python -m benchmarks.cadastro [--inscricoes 1000000] [--procuracoes 200000] [--logins 400] [--databases sqlite]

The import runs as a person runs it, ``idp cadastro import``, in a process of its own: its time and its peak of resident
memory. A login is what the database does for one: the choices read, the right checked with its rows locked. Figures of
two machines are not to be compared; the ratios are (goals: a login at most 1.2 times, memory as good as flat).
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.cadastro import files
from idp.domain.certificado import Nivel
from idp.domain.documents import CNPJ, CPF
from idp.domain.inscricao import InscricaoId
from idp.domain.person import Holder, PessoaFisica, PessoaJuridica
from idp.domain.procura import Procura
from idp.domain.representation import Demanda, Modo, RepresentationRef
from idp.storage.sql import SqlStore, open_store
from tests.support.postgres import Postgres

SMALL = 100
PROCURA = Procura(Demanda(), Nivel.A3, datetime(2026, 11, 22, 12, tzinfo=UTC))
GOAL = 1.2
ROOT = Path(__file__).parents[2]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--inscricoes", type=int, default=1_000_000)
    parser.add_argument("--procuracoes", type=int, default=200_000)
    parser.add_argument("--logins", type=int, default=400)
    parser.add_argument("--databases", nargs="+", default=["sqlite", "postgresql"], choices=["sqlite", "postgresql"])
    options = parser.parse_args()
    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as directory:
        here = Path(directory)
        sizes = {"small": (SMALL, SMALL // 5), "large": (options.inscricoes, options.procuracoes)}
        rows = {name: files.write(here / f"{name}.csv", *size) for name, size in sizes.items()}
        files.write(here / "changed.csv", *sizes["large"], situacao="SUSPENSA")
        for kind in options.databases:
            with database(kind, here) as urls:
                found[kind] = measure(here, urls, rows, options.logins)
                report(kind, found[kind])
    (ROOT / ".artefacts").mkdir(exist_ok=True)
    (ROOT / ".artefacts" / "benchmark-cadastro.json").write_text(json.dumps(found, indent=2))
    missed = [kind for kind, one in found.items() if max(one["login"].values()) > GOAL]
    for kind in missed:
        print(f"MISSED {kind}: a login costs {max(found[kind]['login'].values()):.2f} times, goal {GOAL}")
    return 1 if missed else 0


@contextmanager
def database(kind: str, here: Path) -> Iterator[dict[str, str]]:
    """URLs of two new databases."""
    if kind == "sqlite":
        yield {size: f"sqlite:///{here}/{size}.sqlite" for size in ("small", "large")}
        return
    server = Postgres(durable=True)
    try:
        yield {size: server.new_database(lambda _: None) for size in ("small", "large")}
    finally:
        server.remove()


def measure(here: Path, urls: dict[str, str], rows: dict[str, int], logins: int) -> dict[str, Any]:
    found: dict[str, Any] = {"import": {}, "login_ms": {}}
    for size, url in urls.items():
        idp(url, "db", "upgrade")
        found["import"][size] = imported(url, here / f"{size}.csv", rows[size])
    large = urls["large"]
    found["import"]["large again"] = imported(large, here / "large.csv", rows["large"])
    found["import"]["dry run of as many changes"] = imported(large, here / "changed.csv", rows["large"], "--dry-run")
    found["import"]["as many changes"] = imported(large, here / "changed.csv", rows["large"])
    found["memory"] = found["import"]["large"]["peak_mib"] / found["import"]["small"]["peak_mib"]
    stores = {size: open_store(url) for size, url in urls.items()}
    try:
        found["login_ms"] = login_times(stores, logins)
    finally:
        for store in stores.values():
            store.close()
    found["login"] = {who: times["large"] / times["small"] for who, times in found["login_ms"].items()}
    return found


def idp(url: str, *command: str) -> tuple[float, float, int]:
    """Seconds, seconds of this machine's CPU and peak MiB of one command; what a database server did is not in it."""
    environment = os.environ | {"IDP_REALM": "sandbox", "IDP_DATABASE_URL": url}
    began = time.monotonic()
    pid = subprocess.Popen(
        [sys.executable, "-m", "idp", *command],
        env=environment,
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ).pid
    _, status, usage = os.wait4(pid, 0)
    if status:
        raise SystemExit(f"idp {' '.join(command)} failed")
    return time.monotonic() - began, usage.ru_utime + usage.ru_stime, usage.ru_maxrss // 1024


def imported(url: str, file: Path, rows: int, *more: str) -> dict[str, float]:
    seconds, cpu, peak = idp(url, "cadastro", "import", str(file), *more)
    return {
        "rows": rows,
        "seconds": round(seconds, 1),
        "cpu_s": round(cpu, 1),
        "rows_per_s": round(rows / seconds),
        "peak_mib": peak,
    }


def login_times(stores: dict[str, SqlStore], times: int) -> dict[str, dict[str, float]]:
    """Median milliseconds for a company and for its representative, on both databases by turns."""
    company = CNPJ(files.cnpj(10_000_000))
    person = PessoaFisica(CPF(files.cpf(200_000_000)), "SOCIO 0")
    people: dict[str, tuple[Holder, Modo]] = {
        "company": (PessoaJuridica(company, "EMPRESA 0 LTDA", person), Modo.TITULAR),
        "representative": (person, Modo.REPRESENTANTE_LEGAL),
    }
    found: dict[str, dict[str, float]] = {}
    for who, (holder, modo) in people.items():
        ref = RepresentationRef(InscricaoId("AM", "000000000"), modo)
        taken: dict[str, list[float]] = {size: [] for size in stores}
        for turn in range(times + 20):
            for size, store in stores.items():
                began = time.perf_counter()
                login(store, holder, ref)
                if turn >= 20:
                    taken[size].append(time.perf_counter() - began)
        found[who] = {size: statistics.median(one) * 1000 for size, one in taken.items()}
    return found


def login(store: SqlStore, holder: Holder, ref: RepresentationRef) -> None:
    with store.reading() as uow:
        assert len(uow.vinculos.page(holder, PROCURA, limit=50)) == files.PER_COMPANY
    with store.begin() as uow:
        assert uow.cadastro.facts(holder, ref, lock=True) is not None


def report(kind: str, found: dict[str, Any]) -> None:
    print(f"\n{kind}, {datetime.now(UTC):%Y-%m-%d}")
    for what, one in found["import"].items():
        print(
            f"  import, {what:28} {one['rows']:>9,} lines {one['seconds']:>7} s, CPU {one['cpu_s']:>6} s,"
            f" {one['rows_per_s']:>7,}/s, {one['peak_mib']:>4} MiB at most"
        )
    print(f"  memory, large of small        {found['memory']:.2f} times")
    for who, ratio in found["login"].items():
        times = found["login_ms"][who]
        print(f"  login, {who:22} {ratio:.2f} times ({times['small']:.2f} ms, {times['large']:.2f} ms)")


if __name__ == "__main__":
    sys.exit(main())
