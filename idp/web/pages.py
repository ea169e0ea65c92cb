"""Pages: one render for all of them, and those that stand by themselves (errors, dead ends, logout)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from http import HTTPStatus
from types import MappingProxyType
from typing import Any, cast

import jinja2
from flask import Flask, Response, jsonify, request
from werkzeug.exceptions import HTTPException

from idp.errors import TemporarilyUnavailable
from idp.flow.logout import Application
from idp.flow.outcome import Displayed
from idp.paths import TEMPLATES
from idp.ports import Clock
from idp.web.assets import ICON_PATH, STYLE_PATH
from idp.web.logs import correlation_id, log
from idp.web.security import content_security_policy, source
from idp.web.text import legivel, momento
from idp.web.views.logout import HEARD
from idp.web.views.notice import DEAD_ENDS, HTTP, INDISPONIVEL, Notice, nosso_suporte
from idp.web.views.protocol import protocol_notice


@dataclass(frozen=True, slots=True)
class Site:
    """What every page says of the place. ``issuer`` and ``certificate_origin`` are origins; ``support`` is where the
    help desk is found (a sentence or an https URI), "" where there is none; ``sandbox`` shows the banner. The others
    are the settings of their names."""

    issuer: str
    certificate_origin: str
    authority: str
    support: str = ""
    sandbox: bool = False
    certificate_second_origin: str = ""
    certificate_wildcard: bool = False

    @property
    def support_uri(self) -> str | None:
        return self.support if self.support.startswith("https://") else None


class Pages:
    """``on_certificate_host``: these pages are shown there, and take their style and mark from the issuer."""

    def __init__(self, site: Site, clock: Clock, *, on_certificate_host: bool = False) -> None:
        self.site = site
        self.clock = clock
        origin = site.issuer if on_certificate_host else ""
        self._style, self._icon = origin + STYLE_PATH, origin + ICON_PATH
        self._style_source = origin or "'self'"
        self._image_sources = (origin,) if origin else ()
        self._templates = jinja2.Environment(
            loader=jinja2.FileSystemLoader(TEMPLATES),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )

    def render(
        self,
        template: str,
        *,
        status: int = 200,
        codigo: str = "",
        forms: Iterable[str] = (),
        logo: str | None = None,
        frames: Iterable[str] = (),
        **view: Any,
    ) -> Response:
        """The page as a response, its line in the log. ``codigo`` names an error page. ``forms``: URIs to which its
        forms' answers may redirect. ``logo``: the one foreign image it may load. ``frames``: URIs in its frames."""
        correlation = correlation_id()
        if source(logo) is None:
            logo = None
        html = self._templates.get_template(template).render(
            site=self.site,
            style=self._style,
            icon=self._icon,
            correlation=correlation,
            agora=momento(self.clock.now()),
            codigo=codigo,
            logo=logo,
            frames=frames,
            **view,
        )
        response = Response(html, status, mimetype="text/html")
        response.headers["Content-Security-Policy"] = content_security_policy(
            style=self._style_source, forms=forms, images=[*self._image_sources, *filter(None, [logo])], frames=frames
        )
        log.info("page", correlation_id=correlation, template=template, status=status, codigo=codigo)
        return response

    def notice(self, notice: Notice, status: int, frame: Mapping[str, Any] = MappingProxyType({})) -> Response:
        """A page with one thing to say; JSON for whoever accepts nothing but JSON. ``frame``: what a page needs that is
        shown within a part of the site rather than by itself (``moldura``, its base, and what that asks for)."""
        if wants_json():
            return _problem(notice.codigo, notice.tecnico or notice.codigo, status)
        if notice.codigo.startswith("SIS-"):
            notice = replace(notice, quem=nosso_suporte(self.site.support))
        diagnostico = self.diagnosis(("Código", notice.codigo))
        return self.render(
            "errors/notice.html",
            status=status,
            codigo=notice.codigo,
            notice=notice,
            diagnostico=diagnostico,
            **frame,
        )

    def diagnosis(self, *facts: tuple[str, str]) -> str:
        """Lines that a person can copy to whoever helps: which request, when, with what browser, and ``facts``, of
        which none may hold a document in clear."""
        request_facts = (
            ("Atendimento", correlation_id()),
            ("Hora", momento(self.clock.now())),
            ("Navegador", legivel(request.user_agent.string, 200)),
        )
        return "\n".join(f"{label}: {text}" for label, text in (*request_facts, *facts) if text)

    def dead_end(self, displayed: Displayed) -> Response:
        """``data["tx"]`` names a Transaction of this browser that may still be taken up."""
        notice, status = DEAD_ENDS[displayed.pagina]
        if tx := displayed.data.get("tx"):
            notice = replace(notice, passos=(), link=(f"/login?tx={tx}", "Voltar à página de entrada"))
        return self.notice(notice, status)

    def protocol_error(self, code: str, detail: str, status: int = 400) -> Response:
        """A fault of the application that must not be sent back to it: it is not known where that leads.

        ``code``: an OAuth error, or unknown_client, disabled_client, redirect_uri, post_logout_redirect_uri,
        id_token_hint, duplicate_parameter. ``detail``: ASCII English for its developers.
        """
        detail = legivel(detail, 300)
        if wants_json():
            return _problem(code, detail, status)
        return self.notice(protocol_notice(code, detail), status)

    def logout_confirm(
        self,
        *,
        action: str,
        fields: Mapping[str, str],
        client_name: str | None = None,
        holder_name: str | None = None,
        forms: Iterable[str] = (),
    ) -> Response:
        """ "Sair?": a form that POSTs ``fields`` (hidden; with the token of ``browser.form_token``) to ``action``, with
        ``decisao`` = ``sair`` or ``ficar``. ``forms``: the post-logout URI, where the answer may redirect to it."""
        return self.render(
            "logout/confirm.html",
            action=action,
            fields=dict(fields),
            servico=legivel(client_name, 80),
            nome=legivel(holder_name, 80),
            forms=forms,
        )

    def logged_out(
        self,
        *,
        client_name: str | None = None,
        stayed: bool = False,
        applications: Sequence[Application] = (),
        frames: Sequence[str] = (),
        location: str | None = None,
    ) -> Response:
        """After the end of the session, or after choosing to stay (``stayed``). ``applications``: those it gave
        something. ``frames``: where clients want to hear of it in the person's browser. ``location``: where the page
        goes on to by itself once they are loaded."""
        return self.render(
            "logout/done.html",
            servico=legivel(client_name, 80),
            stayed=stayed,
            aplicativos=[(legivel(one.name, 80), HEARD[one.heard]) for one in applications],
            frames=frames,
            location=location,
        )

    def handle_errors(self, app: Flask) -> None:
        """Give every failure of ``app`` a page with a correlation id, and never a trace. Blueprints that answer
        machines put their own handlers before these."""

        @app.errorhandler(HTTPException)
        def refused(error: HTTPException) -> Response:
            if error.response is not None or (error.code or 500) < 400:
                return cast("Response", Response.force_type(error.get_response(), request.environ))
            status = error.code or 500
            response = self.notice(HTTP.get(status, HTTP[400] if status < 500 else HTTP[500]), status)
            for name, value in error.get_headers():
                if name == "Allow":
                    response.headers[name] = value
            return response

        @app.errorhandler(TemporarilyUnavailable)
        def unavailable(error: TemporarilyUnavailable) -> Response:
            log.error("unavailable", correlation_id=correlation_id(), error=str(error))
            response = self.notice(INDISPONIVEL, 503)
            response.headers["Retry-After"] = "30"
            return response

        @app.errorhandler(Exception)
        def failed(error: Exception) -> Response:
            log.error("failed", correlation_id=correlation_id(), endpoint=request.endpoint, exc_info=error)
            return self.notice(HTTP[500], 500)


def wants_json() -> bool:
    """Whether the request accepts JSON and no HTML."""
    accepted = request.accept_mimetypes
    return bool(accepted) and accepted.accept_json and not accepted.accept_html


def _problem(code: str, detail: str, status: int) -> Response:
    described = detail if detail.isascii() and detail != code else HTTPStatus(status).phrase
    response: Response = jsonify(error=code, error_description=described, correlation_id=correlation_id())
    response.status_code = status
    response.headers["Cache-Control"] = "no-store"
    return response
