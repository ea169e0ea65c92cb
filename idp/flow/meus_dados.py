"""What a person tells of himself for the standard claims, and taking away everything that is kept of him."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import fields, replace
from datetime import date, datetime, timedelta
from typing import Any, Protocol
from urllib.parse import urlsplit

from idp.domain.certificado import TipoCertificado
from idp.domain.client import Client
from idp.domain.documents import Documento
from idp.domain.perfil import Endereco, Perfil
from idp.domain.person import Holder, PessoaJuridica
from idp.domain.politica import Impedimento, NotEntitled
from idp.domain.session import Session
from idp.flow import events
from idp.flow.outorga import NotFresh, Outorga, Problema, Refused
from idp.flow.selecting import OURSELVES
from idp.ports import AuditEvent, Clock, Identifiers, Store

FRESH = timedelta(minutes=10)
"""Everything is handed over only so long after a certificate step: a browser left open is not enough."""
LIMITS = {
    "email": 254,
    "phone_number": 40,
    "given_name": 80,
    "family_name": 120,
    "nickname": 80,
    "birthdate": 10,
    "gender": 10,
    "website": 500,
    "profile": 500,
    "picture": 500,
    "zoneinfo": 40,
    "locale": 10,
    "street_address": 200,
    "locality": 100,
    "region": 60,
    "postal_code": 20,
    "country": 60,
}
"""Every field of the form, in its order, with its most characters."""
PERSONAL = frozenset({"given_name", "family_name", "birthdate", "gender"})
"""Those that a company has none of."""
ENDERECO = ("street_address", "locality", "region", "postal_code", "country")
GENDERS = ("female", "male", "other")
LOCALES = ("pt-BR", "en", "es")
ZONES = (
    *("America/Sao_Paulo", "America/Manaus", "America/Belem", "America/Fortaleza", "America/Recife", "America/Bahia"),
    *("America/Cuiaba", "America/Campo_Grande", "America/Porto_Velho", "America/Boa_Vista", "America/Rio_Branco"),
    *("America/Araguaina", "America/Eirunepe", "America/Maceio", "America/Santarem", "America/Noronha"),
)
"""The zones of Brazil, by their IANA names."""
_EMAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.)+[A-Za-z]{2,63}\Z")
_NOT_DIALLED = re.compile(r"[\s().-]")
_PHONE = re.compile(r"\+[1-9][0-9]{7,14}\Z")
_BRAZILIAN = re.compile(r"[1-9][0-9](?:9[0-9]{8}|[2-5][0-9]{7})\Z")
_DIALLED = re.compile(r"[0-9+]*\Z")


class Export(Protocol):
    """``idp.storage.sql.personal.export_person`` with its store filled in."""

    def __call__(
        self, documento: Documento, subs: Collection[str], quem: Collection[str], at: datetime
    ) -> Mapping[str, Any]: ...


class MeusDados:
    def __init__(
        self,
        *,
        clock: Clock,
        store: Store,
        identifiers: Identifiers,
        outorga: Outorga,
        registered: Callable[[], Iterable[Client]],
        export: Export,
    ) -> None:
        """``registered``: every client there is."""
        self.clock = clock
        self.store = store
        self.identifiers = identifiers
        self.outorga = outorga
        self.registered = registered
        self.export = export

    def informa(self, quem: Session) -> bool:
        """Whether this person may tell anything. What a company tells is one for all of it, so nobody does for whom the
        authority has an e-CNPJ act for its establishment alone."""
        return self.outorga.regras.raiz or not isinstance(quem.holder, PessoaJuridica)

    def perfil(self, quem: Session) -> Perfil | None:
        """What was told. Of a company it is one for all: raises NotEntitled for an e-CNPJ that no longer speaks for
        it, as all of these do."""
        self.outorga.acompanha(quem)
        if not self.informa(quem):
            return None
        with self.store.reading() as uow:
            return uow.perfis.get(quem.holder)

    def guardar(self, quem: Session, campos: Mapping[str, str]) -> None:
        """Keep what was typed, by the names in ``LIMITS``, in the place of what was told before. Raises Refused, with
        everything that is wrong with it, and NotEntitled."""
        self._tells(quem)
        now = self.clock.now()
        told = read(campos, now)
        with self.store.begin() as uow:
            before = uow.perfis.get(quem.holder) or Perfil(now)
            # Verified is what was proved, of that very address and number: nobody proves anything here.
            told = replace(
                told,
                email_verified=before.email_verified and told.email == before.email,
                phone_number_verified=before.phone_number_verified and told.phone_number == before.phone_number,
                middle_name=before.middle_name,
                preferred_username=before.preferred_username,
                updated_at=before.updated_at,
            )
            changed = {one.name for one in fields(Perfil) if getattr(told, one.name) != getattr(before, one.name)}
            if changed:
                uow.perfis.put(quem.holder, replace(told, updated_at=now))
                uow.audit.append(events.perfil_changed(now, quem, changed))

    def apagar(self, quem: Session) -> None:
        """Leave nothing of it. Raises NotEntitled."""
        self._tells(quem)
        now = self.clock.now()
        with self.store.begin() as uow:
            if uow.perfis.get(quem.holder) is not None:
                uow.perfis.forget(quem.holder)
                uow.audit.append(events.perfil_changed(now, quem, ["*"]))

    def recente(self, quem: Session) -> bool:
        """Whether the certificate was shown lately enough to take everything away."""
        return self.clock.now() - quem.auth_time <= FRESH

    def exportar(self, quem: Session) -> Mapping[str, Any]:
        """Everything kept of this person, or of this company. Raises NotFresh and NotEntitled. It is audited before
        anything is read."""
        self._speaks(quem)
        if not self.recente(quem):
            raise NotFresh
        now, holder = self.clock.now(), quem.holder
        event: AuditEvent = events.person_read(now, quem)
        self.store.record(event)
        subs = {self.identifiers.subject(holder, client) for client in self.registered()}
        return self.export(holder.documento, subs, {self._ourselves(holder)}, now)

    def _ourselves(self, holder: Holder) -> str:
        return self.identifiers.subject(holder, OURSELVES)

    def _tells(self, quem: Session) -> None:
        self._speaks(quem)
        if not self.informa(quem):
            raise NotEntitled(Impedimento.SEM_VINCULO)

    def _speaks(self, quem: Session) -> None:
        """A seal is a company's machine; what is the company's people's to decide, it does not."""
        self.outorga.acompanha(quem)
        if quem.certificado.tipo is TipoCertificado.SELO:
            raise NotEntitled(Impedimento.SELO)


def read(campos: Mapping[str, str], now: datetime) -> Perfil:
    """A Perfil of what was typed, nothing of it verified. Raises Refused."""
    problemas = [
        Problema(name, "longo", str(most)) for name, most in LIMITS.items() if len(campos.get(name, "")) > most
    ]

    def given(name: str, read: Callable[[str], str | None] = lambda text: text) -> str:
        text = campos.get(name, "").strip()
        value = read(text) if text else ""
        if value is None:
            problemas.append(Problema(name, "invalido"))
        return value or ""

    perfil = Perfil(
        now,
        email=given("email", lambda text: text if _EMAIL.match(text) else None),
        phone_number=given("phone_number", phone),
        address=_endereco(given),
        given_name=given("given_name"),
        family_name=given("family_name"),
        nickname=given("nickname"),
        profile=given("profile", _uri),
        picture=given("picture", _uri),
        website=given("website", _uri),
        gender=given("gender", lambda text: text if text in GENDERS else None),
        birthdate=given("birthdate", lambda text: birthdate(text, now)),
        zoneinfo=given("zoneinfo", lambda text: text if text in ZONES else None),
        locale=given("locale", lambda text: text if text in LOCALES else None),
    )
    if problemas:
        raise Refused(problemas)
    return perfil


def phone(text: str) -> str | None:
    """A number as E.164 has it, without a country a Brazilian one; None where it is neither."""
    bare = _NOT_DIALLED.sub("", text)
    if not _DIALLED.match(bare):
        return None
    number = f"+55{bare}" if _BRAZILIAN.match(bare) else bare
    return number if _PHONE.match(number) else None


def birthdate(text: str, now: datetime) -> str | None:
    """ISO 8601 of ``2000-12-31`` or ``31/12/2000``, not in the future; else None."""
    day, _, rest = text.partition("/")
    month, _, year = rest.partition("/")
    try:
        found = date.fromisoformat(f"{year}-{month:0>2}-{day:0>2}" if rest else text)
    except ValueError:
        return None
    return found.isoformat() if date(1900, 1, 1) <= found <= now.date() else None


def _uri(text: str) -> str | None:
    """Applications show these: an https address of a host, and nothing that runs."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return None
    plain = text.isascii() and text.isprintable() and not any(c in text for c in ' "<>\\^`{|}')
    return text if plain and parts.scheme == "https" and parts.hostname and "@" not in parts.netloc else None


def _endereco(given: Callable[[str], str]) -> Endereco | None:
    found = Endereco(**{name: given(name) for name in ENDERECO})
    return found if found.full else None
