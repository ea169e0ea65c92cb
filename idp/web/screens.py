"""The pages of the journey's steps: outcome in, page out. Each is the same wherever it is asked for."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Response

from idp.domain.certificado import CertReason
from idp.domain.client import Client
from idp.domain.person import Holder
from idp.domain.procuracao import Procuracao
from idp.domain.representation import Motivo
from idp.domain.session import Session
from idp.domain.transaction import Prompt, Transaction
from idp.flow.choices import PER_PAGE, Choices
from idp.flow.entry import is_entry
from idp.flow.outcome import AskConsent, AskLogin, Displayed
from idp.flow.policy import Policy
from idp.ports import Clients
from idp.web.certificate_host import CertificateHost
from idp.web.logs import correlation_id, log
from idp.web.pages import Pages
from idp.web.text import data, hora, momento
from idp.web.views.certificate import facts, refusal, shown
from idp.web.views.choices import choices_view, missing_page
from idp.web.views.client import PORTAL, ClientView, client_view, destinations, receives, withheld
from idp.web.views.missing import fell_through, in_groups, missing_view
from idp.web.views.nothing import nothing
from idp.web.views.offers import answered, offers_view
from idp.web.views.person import person_facts, person_view
from idp.web.views.poderes import catalogo
from idp.web.views.portal_vista import decisao, termos


class StepScreens:
    """Implements :class:`idp.web.outcome.Screens`, and the login page."""

    def __init__(self, pages: Pages, clients: Clients, policy: Policy) -> None:
        self.pages = pages
        self.clients = clients
        self.policy = policy
        site = pages.site
        self.host = CertificateHost(site.certificate_origin, site.certificate_second_origin, site.certificate_wildcard)

    def login(self, ask: AskLogin, *, switching: bool = False, phone: bool = False) -> Response:
        """Before the browser's own window opens. ``switching``: the person asked for another certificate. ``phone``:
        the browser says that it runs on one, where few have a certificate; a hint and no more (DEV-01)."""
        client, view = self._client(ask.tx)
        return self.pages.render(
            "login/login.html",
            tx=ask.tx,
            client=view,
            logo=view.logo,
            entrar=self.host.another(ask.tx) if switching else self.host.entrance(ask.tx),
            outro=self.host.another_elsewhere,
            compativel=self.host.compatible(ask.tx),
            switching=switching,
            celular=phone,
            portal=is_entry(ask.tx),
            de_novo=is_entry(ask.tx) and Prompt.LOGIN in ask.tx.request.prompt,
            trocar=self.host.how_to_switch,
            prazo=_open(ask.tx),
            forms=destinations(client, ask.tx.request),
        )

    def certificate_refused(self, ask: AskLogin) -> Response:
        """The verdict on the certificate just presented."""
        assert ask.refused is not None  # what this page is for
        client, view = self._client(ask.tx)
        notice = refusal(ask.refused, self.pages.site.support)
        grounds = [f"{reason.code.value} {reason.detail}" for reason in ask.refused.reasons]
        log.info("certificate_refused", correlation_id=correlation_id(), client=ask.tx.request.client_id, why=grounds)
        return self.pages.render(
            "errors/certificate.html",
            status=403,
            codigo=notice.codigo,
            notice=notice,
            tx=ask.tx,
            portal=is_entry(ask.tx),
            client=view,
            logo=view.logo,
            entrar=self.host.another(ask.tx),
            compativel=self.host.compatible(ask.tx) if ask.refused.first.code is CertReason.NENHUM else None,
            trocar=self.host.how_to_switch,
            quadro=shown(ask.refused),
            diagnostico=self.pages.diagnosis(("Serviço", view.nome), *facts(ask.refused)),
            forms=destinations(client, ask.tx.request),
        )

    def consent(
        self,
        ask: AskConsent,
        *,
        error: bool = False,
        note: str = "",
        offers: bool = False,
        done: Procuracao | None = None,
    ) -> Response:
        """ "Em nome de quem?", or why there is nothing to choose. ``error``: nothing was chosen. ``note``: something
        else that came to nothing just now. ``offers``: what waits to be accepted is asked for instead. ``done``: what
        was accepted or refused just now."""
        session, choices = ask.tx.session, ask.choices
        assert session is not None  # Consent comes after Login
        assert choices is not None  # to be shown, they were asked for
        now = self.pages.clock.now()
        client, view = self._client(ask.tx)
        faltam = missing_view(choices.missing, choices.demanda, view.nome, session.holder, ask.tx.id)
        common: dict[str, Any] = {
            "tx": ask.tx,
            "client": view,
            "logo": view.logo,
            "pessoa": person_view(session, now),
            "forms": destinations(client, ask.tx.request),
            "aviso": fell_through(ask.refused) if ask.refused else note,
            "cadastro_em": momento(ask.known_at) if ask.known_at else "",
            "feito": answered(done, now) if done else "",
            "pendentes": offers_view(choices.pending, ask.tx.id),
            "faltam": faltam,
            "grupos": in_groups(faltam),
        }
        if choices.look.missing:
            return self.pages.render("consent/missing.html", escolhas=missing_page(choices), **common)
        if offers and choices.pending:
            return self.pages.render("consent/offers.html", **common)
        if choices.complete and not choices.available:
            return self._nothing(session, choices, view, common)
        return self._choice(ask, session.holder, choices, common, error)

    def _choice(
        self, ask: AskConsent, holder: Holder, choices: Choices, common: dict[str, Any], error: bool
    ) -> Response:
        shown = (*choices.available, *choices.pinned, *choices.recent)
        told: dict[str, Any] = {"holder": holder, "available": shown, "complete": choices.complete}
        escolhas = choices_view(holder, choices)
        return self.pages.render(
            "consent/consent.html",
            status=400 if error else 200,
            escolhas=escolhas,
            completa=choices.complete,
            lembrado=choices.remembered,
            pedido=choices.demanda.inscricao,
            recebe=receives(ask.tx.request.telling, **told),
            nao_recebe=withheld(ask.tx.request.telling, **told),
            de_novo_ate=data(self.pages.clock.now() + self.policy.refresh_token)
            if "offline_access" in ask.tx.request.scopes
            else "",
            prazos=self._terms(ask.tx, self.pages.clock.now(), only=escolhas.only is not None),
            erro=error,
            limite=_open(ask.tx),
            **common,
        )

    def offer(self, ask: AskConsent) -> Response:
        """A procuração that waits for the holder: all of it, what follows from each answer, then the answers."""
        assert ask.offered is not None  # what this page is for
        client, view = self._client(ask.tx)
        return self.pages.render(
            "consent/offer.html",
            codigo="PRC-03",
            tx=ask.tx,
            client=view,
            termos=termos(ask.offered, catalogo()),
            aceitar=decisao("aceitar", ask.offered).consequencias,
            recusar=decisao("recusar", ask.offered).consequencias,
            voltar=f"/consentimento?tx={ask.tx.id}",
            forms=destinations(client, ask.tx.request),
        )

    def _nothing(self, session: Session, choices: Choices, view: ClientView, common: dict[str, Any]) -> Response:
        support = self.pages.site.support
        notice = nothing(
            session.holder, choices, choices.demanda, view.nome, support, common["pendentes"], common["tx"].id
        )
        motivos = {one.motivo.value for one in choices.missing} | {Motivo.PENDENTE.value for _ in choices.pending}
        return self.pages.render(
            "consent/nothing.html",
            status=403,
            codigo=notice.codigo,
            notice=notice,
            mais_faltam=len(choices.missing) >= PER_PAGE,
            diagnostico=self.pages.diagnosis(
                ("Código", notice.codigo),
                ("Serviço", view.nome),
                *person_facts(session),
                ("Vínculos", ", ".join(sorted(motivos)) or "nenhum"),
            ),
            **common,
        )

    def dead_end(self, displayed: Displayed) -> Response:
        return self.pages.dead_end(displayed)

    def _client(self, tx: Transaction) -> tuple[Client | None, ClientView]:
        if is_entry(tx):
            return None, PORTAL
        client = self.clients.get(tx.request.client_id)
        if client is None:  # deleted a moment ago: the step that follows says so
            return None, ClientView(tx.request.client_id, "", None, None, None)
        return client, client_view(client, tx.request)

    def _terms(self, tx: Transaction, now: datetime, *, only: bool) -> list[str]:
        """Until when, in sentences. ``only``: there is but one choice. A remembered consent spares the question only
        then (:meth:`idp.flow.authorize.Journey.advance`)."""
        terms = []
        if "offline_access" in tx.request.scopes:
            terms.append(
                f"Até {momento(now + self.policy.refresh_token)}, o serviço pode consultar estes dados de novo sem "
                "pedir o certificado. Não pode alterá-los."
            )
        else:
            terms.append("O serviço recebe esses dados agora e não pode buscá-los de novo sem você.")
        if self.policy.consent:
            until = data(now + self.policy.consent)
            if only:
                terms.append(
                    f"Lembraremos esta autorização até {until}. Enquanto esta for a sua única opção, não perguntaremos "
                    "de novo, a não ser que o serviço peça isso ou outros dados, ou que o certificado esteja perto de "
                    "vencer. Para desfazer: Minhas procurações, Serviços autorizados."
                )
            else:
                terms.append(
                    f"Lembraremos esta autorização até {until}. Enquanto houver mais de uma opção, você escolhe a cada "
                    "vez que entrar com o certificado. Se ficar só a que você autorizar agora, não perguntaremos de "
                    "novo, a não ser que o serviço peça isso ou outros dados, ou que o certificado esteja perto de "
                    "vencer. Para desfazer: Minhas procurações, Serviços autorizados."
                )
        terms.append("Se a procuração ou o certificado perder a validade antes, o acesso termina com eles.")
        return terms


def _open(tx: Transaction) -> str:
    """How long the request may still be answered: ``por 15 minutos, até 14h35 (horário de Brasília)``."""
    minutes = int((tx.expires_at - tx.started_at).total_seconds() // 60)
    return f"por {minutes} minuto{'s' if minutes > 1 else ''}, até {hora(tx.expires_at)}"
