"""Certificates that are not for people to log in with, each by the name of what it is (ATK-048 to ATK-051)."""

from __future__ import annotations

from collections.abc import Iterator

from idp.certificate import policies, san
from idp.certificate.facts import Facts


def grounds(facts: Facts, *, icp_brasil: bool) -> Iterator[str]:
    """Tokens of every ground in the certificate itself, the most telling first.

    ``icp_brasil``: whether its issuer is, or claims to be, of the ICP-Brasil. What the ICP-Brasil's norms demand and a
    certificate lacks is held only against its own: to a foreign certificate "not ICP-Brasil" says it all.
    """
    if facts.ca:
        yield "ca-certificate"
    if facts.site_names:
        yield "site"
    if facts.values(san.EQUIPAMENTO):
        yield "equipment"
    yield from sorted({policies.REFUSED[t] for t in map(policies.tipo, facts.policies) if t in policies.REFUSED})
    yield from _level(facts, icp_brasil=icp_brasil)
    if facts.digital_signature is False or (facts.digital_signature is None and icp_brasil):
        yield "key-usage"
    if facts.client_auth is False:
        yield "extended-key-usage"
    if facts.unknown_critical:
        yield "critical-extension"
    if not facts.key_allowed:
        yield "key-not-allowed"
    if not facts.signature_strong:
        yield "weak-signature"


def _level(facts: Facts, *, icp_brasil: bool) -> Iterator[str]:
    """One login policy, no more: with two the level would be a choice."""
    levels = policies.login_policies(facts.policies)
    if len(levels) > 1:
        yield "policy-ambiguous"
    if not levels and icp_brasil and not any(policies.tipo(oid) in policies.REFUSED for oid in facts.policies):
        yield "policy-missing" if not facts.policies else "policy-unknown"
