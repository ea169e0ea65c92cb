"""The metrics, in Prometheus' text format. Labels are names of CAs, jobs, algorithms and states: never the number of a
person, a company or a certificate."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import datetime

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from idp.certificate.revocation import DIRECTORY
from idp.certificate.trust.distribution import crl_urls
from idp.domain.masking import sem_documentos
from idp.errors import ConfigurationError, StoreUnavailable, TrustError
from idp.fetch.journal import Journal
from idp.keyring import KeyRing
from idp.ports import Clock
from idp.settings import Settings
from idp.worker.condition import Condition

_NEVER = math.inf
"""The age of a list that is not there: worse than any that is."""


class Metrics(Collector):
    """What cannot be found out (no database, no trust list) has no sample, and takes nothing else with it."""

    def __init__(
        self, settings: Settings, condition: Condition, keys: KeyRing, clock: Clock, jobs: Iterable[str]
    ) -> None:
        self._condition, self._keys, self._clock = condition, keys, clock
        self._crls = settings.trust_dir / DIRECTORY
        self._failures = Counter(dict.fromkeys(jobs, 0))
        self._registry = CollectorRegistry()
        self._registry.register(self)

    def failed(self, job: str) -> None:
        """Count a job's failure."""
        self._failures[job] += 1

    def text(self) -> bytes:
        return generate_latest(self._registry)

    def describe(self) -> list[Metric]:
        return []  # else registering would collect

    def collect(self) -> Iterator[Metric]:
        at = self._clock.now()
        with suppress(TrustError):  # /health/ready says so
            yield from self._of_lists(at)
        with suppress(ConfigurationError, StoreUnavailable):
            count, _ = self._condition.unsealed()
            yield GaugeMetricFamily("idp_audit_unsealed_rows", "Audit rows that the chain does not cover yet", count)
        with suppress(ConfigurationError, StoreUnavailable):
            yield from self._of_logouts(at)
        failures = CounterMetricFamily("idp_worker_job_failures", "Turns of a job that failed", labels=["job"])
        for job, number in self._failures.items():
            failures.add_metric([job], number)
        yield failures
        yield self._of_keys(at)

    def _of_lists(self, at: datetime) -> Iterator[Metric]:
        trust = self._condition.trust()
        compiled = (at - trust.compiled_at).total_seconds()
        yield GaugeMetricFamily("idp_trust_list_age_seconds", "Since the trust list was compiled", compiled)
        eligible = sum(issuer.valid_at(at) for issuer in trust.eligible)
        yield GaugeMetricFamily("idp_trust_eligible_cas", "CAs that may certify a login now", eligible)
        urls, journal = crl_urls(trust), Journal(self._crls)
        ages: dict[str, float] = {}
        remaining: dict[str, float] = {}
        entries: dict[str, float] = {}
        failures: dict[str, float] = {}
        for crl in self._condition.crls(at):  # two keys of one name are one series: the worse of both
            name, key = sem_documentos(crl.authority.name), crl.authority.key
            age = (at - crl.this_update).total_seconds() if crl.this_update else _NEVER
            left = (crl.next_update - at).total_seconds() if crl.next_update else -_NEVER
            ages[name] = max(ages.get(name, -_NEVER), age)
            remaining[name] = min(remaining.get(name, _NEVER), left)
            entries[name] = entries.get(name, 0) + (crl.entries or 0)
            failed = sum(not attempt.good for attempt in journal.about(key, urls.get(key, ())).values())
            failures[name] = failures.get(name, 0) + failed
        yield _gauge("idp_crl_age_seconds", "Since thisUpdate of the CA's revocation list; +Inf without one", ages)
        yield _gauge("idp_crl_next_update_seconds", "Until its nextUpdate, negative after; -Inf without one", remaining)
        yield _gauge("idp_crl_entries", "Certificates that it lists", entries)
        yield _gauge("idp_crl_fetch_failures", "Its addresses whose last attempt failed or was refused", failures)

    def _of_logouts(self, at: datetime) -> Iterator[Metric]:
        waiting, oldest, given_up = self._condition.undelivered()
        age = (at - oldest).total_seconds() if oldest else 0
        yield GaugeMetricFamily("idp_logout_waiting", "Logout notices that no client has taken yet", waiting)
        yield GaugeMetricFamily("idp_logout_oldest_seconds", "Since the oldest of them was written; 0 for none", age)
        yield GaugeMetricFamily("idp_logout_given_up", "Receipts of notices that were given up after a day", given_up)

    def _of_keys(self, at: datetime) -> Metric:
        ages: dict[tuple[str, str], float] = {}
        every = self._keys.keys()
        for key in every:
            age, kind = (at - key.created_at).total_seconds(), (key.alg, key.state.value)
            ages[kind] = max(ages.get(kind, age), age)
        family = GaugeMetricFamily(
            "idp_signing_key_age_seconds", "Since the key was made; of several, the oldest", labels=["alg", "state"]
        )
        for (alg, state), age in ages.items():
            family.add_metric([alg, state], age)
        return family


def _gauge(name: str, help_text: str, by_ca: dict[str, float]) -> Metric:
    family = GaugeMetricFamily(name, help_text, labels=["ca"])
    for ca, value in by_ca.items():
        family.add_metric([ca], value)
    return family
