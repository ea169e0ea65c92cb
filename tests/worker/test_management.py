"""What the worker says of itself, over HTTP."""

from __future__ import annotations

import hashlib
import json
import re
import signal
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event

import pytest

from idp import audit
from idp.audit import AuditEvent
from idp.certificate.revocation import CrlIndex
from idp.certificate.trust import compile_bundle
from idp.fetch.journal import Attempt, Journal
from idp.keyring import KeyRing
from idp.ports.outbox import Notice
from idp.settings import Settings
from idp.storage.sql import open_store, schema
from idp.worker.condition import Condition
from idp.worker.management import Management, listening
from idp.worker.metrics import Metrics
from idp.worker.schedule import Job, work
from tests.certificate.conftest import pins
from tests.certificate.openssl_pki import NOW
from tests.support.ports import free_port
from tests.support.processes import Process
from tests.worker.conftest import Installation, World

ROOT = Path(__file__).resolve().parents[2]
HOUR = timedelta(hours=1)


def get(url: str, method: str = "GET") -> tuple[int, str]:
    request = urllib.request.Request(url, method=method)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=60) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


@dataclass
class Watched:
    """An installation with its listener. ``now`` is the time of day there."""

    here: Installation
    world: World
    keys: KeyRing
    stack: ExitStack
    now: datetime = NOW
    origin: str = ""
    metrics: Metrics = field(init=False)

    def listen(self, **changes: object) -> Watched:
        settings = self.here.settings(**changes)
        store = open_store(settings.database_url)
        self.stack.callback(store.close)
        condition = Condition(settings, store)
        clock = type("Clock", (), {"now": lambda _: self.now})()
        self.metrics = Metrics(settings, condition, self.keys, clock, ["audit.seal"])
        management = Management(condition, self.metrics, clock)
        host, port = self.stack.enter_context(listening(("127.0.0.1", 0), management))
        self.origin = f"http://{host}:{port}"
        return self

    def ready(self) -> tuple[int, list[tuple[str, str]]]:
        status, body = get(f"{self.origin}/health/ready")
        return status, [(one["check"], one["detail"]) for one in json.loads(body)]

    def samples(self) -> dict[str, float]:
        """Sample as written → value."""
        status, body = get(f"{self.origin}/metrics")
        assert status == 200
        lines = (line.rpartition(" ") for line in body.splitlines() if not line.startswith("#"))
        return {name: float(value) for name, _, value in lines}

    @property
    def list_file(self) -> Path:
        return self.here.directory / "trust" / "issuers.json"


@pytest.fixture
def watched(world: World, here: Installation) -> Iterator[Watched]:
    """Its lists are of midnight, end at the next one, and are compiled at noon."""
    trust = compile_bundle([world.root.der, world.ca.der], pins=pins(world.root), realm="icp-brasil", at=NOW)
    trust.save(here.directory / "trust" / "issuers.json")
    revoked = [("1F00", "superseded"), ("1F01", "keyCompromise")]
    lists = [world.pki.crl(world.root), world.pki.crl(world.ca, revoked)]
    assert CrlIndex(here.directory / "trust" / "crl", trust).import_crls(lists, NOW).count("imported") == 2
    keys = KeyRing.create(here.directory / "signing", "icp-brasil", NOW)
    with ExitStack() as stack:
        yield Watched(here, world, keys, stack)


def test_all_is_well(watched: Watched) -> None:
    watched.listen()
    assert get(f"{watched.origin}/health/live")[0] == 200
    assert watched.ready() == (200, [])


def test_nothing_else_is_served(watched: Watched) -> None:
    watched.listen()
    assert get(f"{watched.origin}/")[0] == 404
    assert get(f"{watched.origin}/metrics/")[0] == 404
    assert get(f"{watched.origin}/metrics", "POST")[0] == 405
    assert get(f"{watched.origin}/metrics", "HEAD") == (200, "")


def test_the_samples(watched: Watched) -> None:
    watched.listen()
    watched.now = NOW + 2 * HOUR
    found = watched.samples()
    for ca, entries in (("Raiz de Teste", 0), ("AC de Teste", 2)):
        assert found[f'idp_crl_age_seconds{{ca="{ca}"}}'] == 14 * 3600
        assert found[f'idp_crl_next_update_seconds{{ca="{ca}"}}'] == 10 * 3600
        assert found[f'idp_crl_entries{{ca="{ca}"}}'] == entries
        assert found[f'idp_crl_fetch_failures{{ca="{ca}"}}'] == 0
    assert found["idp_trust_list_age_seconds"] == 7200
    assert found["idp_trust_eligible_cas"] == 1
    assert found["idp_audit_unsealed_rows"] == 0
    assert found['idp_worker_job_failures_total{job="audit.seal"}'] == 0
    for alg in ("RS256", "ES256"):
        assert found[f'idp_signing_key_age_seconds{{alg="{alg}",state="active"}}'] == 7200


def test_notices_that_wait_for_their_clients(watched: Watched) -> None:
    watched.listen()
    names = ("idp_logout_waiting", "idp_logout_oldest_seconds", "idp_logout_given_up")
    assert [watched.samples()[name] for name in names] == [0, 0, 0]
    notices = [Notice(f"jti-{n}", "rp", "sub", "sid", NOW + n * HOUR) for n in range(3)]
    with watched.here.store.begin() as uow:
        uow.outbox.add(notices, NOW)
        uow.outbox.delivered("jti-0", NOW)
        uow.outbox.failed("jti-2", NOW, "timeout", None)
    watched.now = NOW + 5 * HOUR
    assert [watched.samples()[name] for name in names] == [1, 4 * 3600, 1]


def test_a_stale_list(watched: Watched) -> None:
    watched.listen()
    watched.now = NOW + 12 * HOUR
    since = "stale since 2026-11-23T00:00:00Z"
    assert watched.ready() == (503, [("crl", f"Raiz de Teste: {since}"), ("crl", f"AC de Teste: {since}")])
    watched.now = NOW + 13 * HOUR
    assert watched.samples()['idp_crl_next_update_seconds{ca="AC de Teste"}'] == -3600
    assert get(f"{watched.origin}/health/live")[0] == 200


def test_within_the_grace_it_is_ready(watched: Watched) -> None:
    watched.listen(crl_grace_seconds=3600)
    watched.now = NOW + 12.9 * HOUR
    assert watched.ready() == (200, [])
    watched.now = NOW + 13 * HOUR
    assert watched.ready()[0] == 503


def test_an_absent_list(watched: Watched) -> None:
    watched.listen()
    for file in (watched.here.directory / "trust" / "crl").glob(f"{_key(watched)}*"):
        file.unlink()
    assert watched.ready() == (503, [("crl", "AC de Teste: absent")])
    found = watched.samples()
    assert found['idp_crl_age_seconds{ca="AC de Teste"}'] == float("inf")
    assert found['idp_crl_next_update_seconds{ca="AC de Teste"}'] == float("-inf")


def _key(watched: Watched) -> str:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
    from cryptography.x509 import load_der_x509_certificate

    key = load_der_x509_certificate(watched.world.ca.der).public_key()
    return hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()


def test_a_fetch_that_failed(watched: Watched) -> None:
    watched.listen()
    Journal(watched.here.directory / "trust" / "crl").record(
        {
            "http://one.example/a.crl": Attempt(NOW, "failed", "timeout", issuer_key=_key(watched)),
            "http://two.example/a.crl": Attempt(NOW, "unchanged", issuer_key=_key(watched)),
        }
    )
    found = watched.samples()
    assert found['idp_crl_fetch_failures{ca="AC de Teste"}'] == 1
    assert found['idp_crl_fetch_failures{ca="Raiz de Teste"}'] == 0


@pytest.mark.parametrize("content", [None, b"{}"])
def test_no_trust_list(watched: Watched, content: bytes | None) -> None:
    """Noticed although the listener has read a good one, and over when that is back."""
    watched.listen()
    good = watched.list_file.read_bytes()
    assert watched.ready() == (200, [])
    watched.list_file.unlink()
    if content is not None:
        watched.list_file.write_bytes(content)
    status, [(check, detail)] = watched.ready()
    assert (status, check) == (503, "trust")
    assert "issuers.json" in detail
    found = watched.samples()
    assert "idp_trust_list_age_seconds" not in found
    assert found["idp_audit_unsealed_rows"] == 0
    watched.list_file.write_bytes(good)
    assert watched.ready() == (200, [])


def test_rows_that_wait_for_the_sealer(watched: Watched) -> None:
    watched.listen()
    with watched.here.store.begin() as uow:
        uow.audit.append(AuditEvent("login.discarded", NOW, {"why": "test"}))
    watched.now = NOW + timedelta(seconds=60)
    assert watched.ready() == (200, [])
    assert watched.samples()["idp_audit_unsealed_rows"] == 1
    watched.now = NOW + timedelta(seconds=61)
    assert watched.ready() == (503, [("audit", "1 rows are not sealed, the oldest of 2026-11-22T12:00:00Z")])
    log = watched.here.store.audit_log()
    audit.seal(log, watched.keys.sign_checkpoint, watched.now, watched.here.directory / "checkpoints.jsonl")
    assert watched.ready() == (200, [])
    assert watched.samples()["idp_audit_unsealed_rows"] == 0


def test_a_missing_database(watched: Watched) -> None:
    watched.listen()
    assert watched.ready() == (200, [])
    (watched.here.directory / "portaria.sqlite").rename(watched.here.directory / "elsewhere")
    status, [(check, detail)] = watched.ready()
    assert (status, check) == (503, "database")
    assert "there is no database" in detail
    found = watched.samples()
    assert "idp_audit_unsealed_rows" not in found
    assert found["idp_trust_eligible_cas"] == 1


def test_a_database_that_does_not_answer(watched: Watched) -> None:
    watched.listen(database_url=f"postgresql+psycopg://portaria@127.0.0.1:{free_port()}/portaria")
    status, [(check, detail)] = watched.ready()
    assert (status, check) == (503, "database")
    assert detail.startswith("does not answer: ")
    assert "idp_audit_unsealed_rows" not in watched.samples()


def test_a_database_of_another_schema(watched: Watched) -> None:
    watched.listen(database_url=f"sqlite:///{watched.here.directory}/empty.sqlite")
    (watched.here.directory / "empty.sqlite").touch()
    status, [(check, detail)] = watched.ready()
    assert (status, check) == (503, "database")
    assert detail.startswith("the database is empty")


def test_a_job_that_fails_is_counted(watched: Watched) -> None:
    watched.listen()
    stop = Event()
    turns = iter((None, None, stop.set))

    def broken(at: datetime) -> None:
        if end := next(turns):
            end()
        raise OSError("no space")

    clock = type("Clock", (), {"now": lambda _: NOW})()
    work([Job("audit.seal", timedelta(0), broken)], clock, stop, watched.metrics.failed)
    assert watched.samples()['idp_worker_job_failures_total{job="audit.seal"}'] == 3


def test_no_number_of_anybody_comes_out(watched: Watched) -> None:
    """Numbers are planted wherever the listener looks; a CA that has one in its name is the worst of them."""
    cpf, cnpj, ie, serial = "52998224725", "11222333000181", "049000063", "1F00"
    world, directory = watched.world, watched.here.directory
    odd = world.pki.ca(f"AC Estranha:{cnpj}", world.root, kind="rsa:2048")
    cas = [world.root.der, world.ca.der, odd.der]
    compile_bundle(cas, pins=pins(world.root), realm="icp-brasil", at=NOW).save(watched.list_file)
    with watched.here.store.begin() as uow:
        uow.audit.append(AuditEvent("login.refused", NOW, {"cpf": cpf, "cnpj": cnpj, "ie": ie, "serial": serial}))
    url = f"http://one.example/{cpf}.crl"
    failed = Attempt(NOW, "failed", "http-status", f"said {cnpj} {ie}", issuer_key=_key(watched))
    Journal(directory / "trust" / "crl").record({url: failed})
    watched.listen()
    watched.now = NOW + 24 * HOUR
    answers = [get(f"{watched.origin}{path}")[1] for path in ("/health/live", "/health/ready", "/metrics")]
    assert "AC Estranha" in answers[1]
    assert "AC Estranha" in answers[2]
    for number in (cpf, cnpj, ie, serial.lower()):
        assert not [answer for answer in answers if number in re.sub(r"[./-]", "", answer.lower())], number


# --- The process -----------------------------------------------------------------------------------------------------


def _worker(directory: Path, **more: str) -> Process:
    environment = {
        "IDP_REALM": "sandbox",
        "IDP_DATABASE_URL": f"sqlite:///{directory}/portaria.sqlite",
        "IDP_SIGNING_DIR": str(directory / "signing"),
        "IDP_TRUST_DIR": str(directory / "trust"),
        "IDP_CHECKPOINT_FILE": str(directory / "checkpoints.jsonl"),
        **more,
    }
    return Process([sys.executable, "-m", "idp", "worker"], directory / "log", env=environment, cwd=ROOT)


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    directory = tmp_path / "installed"
    directory.mkdir()
    schema.upgrade(f"sqlite:///{directory}/portaria.sqlite", "sandbox")
    KeyRing.create(directory / "signing", "sandbox", NOW)
    return directory


def test_the_worker_listens_where_it_is_told_and_stops(installed: Path) -> None:
    port = free_port()
    with _worker(installed, IDP_MANAGEMENT=f"127.0.0.1:{port}") as process:
        process.wait_for_port(port)
        assert get(f"http://127.0.0.1:{port}/health/live")[0] == 200
        status, body = get(f"http://127.0.0.1:{port}/health/ready")
        assert (status, [one["check"] for one in json.loads(body)]) == (503, ["trust"])
        assert 'idp_worker_job_failures_total{job="spent.purge"} 0.0' in get(f"http://127.0.0.1:{port}/metrics")[1]
        process.signal(signal.SIGTERM)
        assert process.wait() == 0
        assert "management_listening" in process.output()


def test_a_taken_address_is_said(watched: Watched, installed: Path) -> None:
    watched.listen()
    with _worker(installed, IDP_MANAGEMENT=watched.origin.removeprefix("http://")) as process:
        assert process.wait() == 3
        assert "IDP_MANAGEMENT" in process.output()


# --- The setting -----------------------------------------------------------------------------------------------------


def test_it_is_off_unless_set() -> None:
    assert Settings().management_address is None


@pytest.mark.parametrize(
    ("value", "address"),
    [("127.0.0.1:9464", ("127.0.0.1", 9464)), ("[::1]:0", ("::1", 0)), ("10.1.2.3:80", ("10.1.2.3", 80))],
)
def test_addresses(value: str, address: tuple[str, int]) -> None:
    assert Settings(management=value).management_address == address


@pytest.mark.parametrize(
    "value", ["9464", ":9464", "127.0.0.1", "127.0.0.1:70000", "http://localhost:1", "a@b:1", "a:b"]
)
def test_what_is_no_address(value: str) -> None:
    with pytest.raises(ValueError, match="management"):
        Settings(management=value)


def test_the_sandbox_stays_on_this_machine() -> None:
    with pytest.raises(ValueError, match="loopback"):
        Settings(realm="sandbox", management="0.0.0.0:9464")
