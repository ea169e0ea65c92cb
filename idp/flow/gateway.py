"""The certificate host's whole job: judge what the handshake presented and hand back a one-time return code."""

from __future__ import annotations

from dataclasses import dataclass

from idp.domain.certificado import CertReason, Claimed, Reason, Refused, Verdict
from idp.flow.policy import Policy
from idp.flow.secret import digest, new_secret
from idp.ports import Clock, Judge, Returned, Store


@dataclass(frozen=True, slots=True)
class Presented:
    """``return_code`` goes only to the browser that did the handshake."""

    return_code: str
    verdict: Verdict


class Gateway:
    """Two one-time values pass, never one. The ticket comes in and only names a Transaction; the return code goes out
    and is worth something only in the browser that began that Transaction (see ``Journey.signed_in``)."""

    def __init__(self, *, clock: Clock, store: Store, judge: Judge, policy: Policy) -> None:
        self.clock = clock
        self.store = store
        self.judge = judge
        self.policy = policy

    def present(self, tx_id: str, ticket: str, der: bytes | None) -> Presented:
        """Judge ``der`` (None: the browser sent no certificate) and store the verdict under a fresh return code.

        The ticket is compared when the code comes back, by the issuer, so that a wrong one teaches nothing here.
        """
        now = self.clock.now()
        verdict: Verdict
        if der is None:
            verdict = Refused((Reason(CertReason.NENHUM, "none_presented"),), Claimed())
        else:
            verdict = self.judge(der, now)
        return_code = new_secret()
        with self.store.begin() as uow:
            uow.return_codes.add(digest(return_code), Returned(ticket, tx_id, verdict), now + self.policy.return_code)
        return Presented(return_code, verdict)
