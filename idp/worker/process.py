"""The worker as a process: its jobs, its threads, and the listener that says how it is."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import datetime, timedelta
from threading import Event, Thread

from idp import audit, logs, politica
from idp.cadastro.remoto import RemoteCadastro
from idp.cadastro_source import cadastro_source
from idp.certificate.trust.current import CurrentTrust
from idp.certificate.trust.issuers import FILE
from idp.clock import SystemClock
from idp.errors import ConfigurationError, TrustError
from idp.flow.outorga import Orgao
from idp.keyring import KeyRing
from idp.settings import Settings
from idp.storage.sql import SqlStore, open_store, schema
from idp.storage.sql.retention import Terms, enforce
from idp.worker.condition import Condition
from idp.worker.crls import CrlRefresh
from idp.worker.logouts import LogoutDeliveries, back_channel
from idp.worker.management import Management, listening
from idp.worker.metrics import Metrics
from idp.worker.schedule import Job, work
from idp.worker.trust import TrustUpdate

_STOP_SECONDS = 2.0
OUTORGANTES_AT_ONCE = 500
"""Asked about in one turn of the job, before lists are fetched again."""
INDEXED_AT_ONCE = 20_000
"""Audit rows in one turn, before new ones are sealed again: what an older version left is taken up bit by bit."""
EXPIRED_AT_ONCE = 500
"""Procurações, and requests, ended in one transaction."""
RECEIPTS = timedelta(days=30)
"""For how long it can be seen which client was told of a logout, and when."""


def run(settings: Settings, stop: Event) -> None:
    """Do every job when it is due until ``stop``, and say at ``settings.management`` how it is. Raises
    ConfigurationError when database, keys, trust list or that address do not allow it."""
    logs.configure(settings.log_level)
    store = open_store(settings.database_url)
    try:
        schema.check(store.engine, settings.realm)
        keys = KeyRing.open(settings.signing_dir, settings.realm)
        clock = SystemClock()
        network, local = network_jobs(settings, store, stop), local_jobs(settings, store, keys)
        telling = (
            Job("logout.deliver", timedelta(seconds=1), LogoutDeliveries(back_channel(settings, store, keys, clock))),
        )
        keeping = (Job("retention", timedelta(days=1), lambda at: enforce(store, Terms.of(settings), at)),)
        condition = Condition(settings, store)
        metrics = Metrics(
            settings, condition, keys, clock, (job.name for job in (*local, *network, *telling, *keeping))
        )
        address = settings.management_address
        with listening(address, Management(condition, metrics, clock)) if address else nullcontext():
            waiting = [
                Thread(target=work, args=(some, clock, stop, metrics.failed), daemon=True)
                for some in (network, telling, keeping)
            ]
            for thread in waiting:
                thread.start()
            work(local, clock, stop, metrics.failed)
            for thread in waiting:  # a download in progress is worth no waiting: files are replaced whole
                thread.join(_STOP_SECONDS)
    finally:
        store.close()


def local_jobs(settings: Settings, store: SqlStore, keys: KeyRing) -> tuple[Job, ...]:
    """What needs the database alone. Raises ConfigurationError for a policy that is none."""
    orgao = Orgao(
        clock=SystemClock(),
        store=store,
        clients=store.clients(settings.cache_seconds),
        politica=politica.load(settings.politica),
    )
    return (
        Job(
            "audit.seal",
            timedelta(seconds=1),
            lambda at: audit.seal(store.audit_log(), keys.sign_checkpoint, at, settings.checkpoint_file),
        ),
        Job("audit.index", timedelta(seconds=1), lambda at: store.audit_log().index(INDEXED_AT_ONCE)),
        Job("outorga.vencer", timedelta(minutes=1), lambda at: expire(orgao, at)),
        Job("spent.purge", timedelta(minutes=1), store.purge),
        Job("logout.forget", timedelta(hours=1), lambda at: store.forget_receipts(at - RECEIPTS)),
    )


def expire(orgao: Orgao, at: datetime) -> None:
    """End what time has ended, batch by batch: each is a transaction of its own."""
    while orgao.vencer(at, EXPIRED_AT_ONCE) >= EXPIRED_AT_ONCE:
        pass


def cadastro_jobs(settings: Settings, store: SqlStore, stop: Event) -> tuple[Job, ...]:
    """Outorgantes of a remote cadastro, before their facts are too old: a login waits for a few of them at most."""
    source = cadastro_source(settings, store, SystemClock())
    if not isinstance(source, RemoteCadastro):
        return ()
    return (
        Job("cadastro.refresh", timedelta(seconds=30), lambda _: source.refresh_due(OUTORGANTES_AT_ONCE, stop.is_set)),
    )


def network_jobs(settings: Settings, store: SqlStore, stop: Event) -> tuple[Job, ...]:
    """What asks other machines. Nothing in the sandbox, whose CAs publish nothing: its lists are signed at each start.

    Raises ConfigurationError when there is no trust list to begin with.
    """
    facts = cadastro_jobs(settings, store, stop)
    if settings.realm == "sandbox":
        return facts
    try:
        trust = CurrentTrust(settings.trust_dir / FILE, settings.realm)
    except TrustError as error:
        raise ConfigurationError(str(error), "idp trust import FILE") from error
    refresh = Job("crl.refresh", timedelta(seconds=10), CrlRefresh(settings, store, trust, stop))
    if not settings.trust_bundle_url:
        return (refresh, *facts)
    return (Job("trust.update", timedelta(minutes=1), TrustUpdate(settings, store)), refresh, *facts)
