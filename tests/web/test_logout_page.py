"""The page after a logout: who was told, and the frames that tell the rest (Front-Channel Logout 1.0 §2)."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from flask import Flask
from playwright.sync_api import Playwright

from idp.flow.logout import Application, Heard
from idp.web.assets import assets_blueprint
from idp.web.pages import Pages
from idp.web.security import protect
from tests.support.chromium import Chromium
from tests.web import people
from tests.web.gallery import SITE
from tests.web.test_in_chromium import serve

FRAMES = ["https://a.example/fc?x=1&iss=https%3A%2F%2Fid.example&sid=s", "https://b.example:8443/fc?iss=i&sid=s"]
BACK = "https://a.example/saiu?de='x'&state=%22%3E%3Cscript%3E"


@pytest.fixture
def app() -> Flask:
    app = Flask(__name__, static_folder=None)
    protect(app, hsts=False)
    app.register_blueprint(assets_blueprint())
    return app


def test_only_these_origins_may_be_framed_and_nothing_runs(app: Flask) -> None:
    pages = Pages(SITE, people.FixedClock())
    with app.test_request_context():
        response = pages.logged_out(client_name="A", frames=FRAMES, location=BACK)
    policy = response.headers["Content-Security-Policy"].split("; ")
    assert "frame-src https://a.example https://b.example:8443" in policy
    assert "default-src 'none'" in policy
    assert not any(part.startswith("script-src") for part in policy)
    page = response.get_data(as_text=True)
    assert 'src="https://a.example/fc?x=1&amp;iss=https%3A%2F%2Fid.example&amp;sid=s"' in page
    assert '<meta http-equiv="refresh" content="1; url=https://a.example/saiu?de=&#39;x&#39;&amp;state=%22%3E' in page
    assert page.count("<iframe") == page.count('sandbox="allow-scripts allow-same-origin"') == 2
    with app.test_request_context():
        plain = pages.logged_out(client_name="A")
    assert "frame-src" not in plain.headers["Content-Security-Policy"]
    assert "refresh" not in plain.get_data(as_text=True)


def test_each_service_is_named_with_what_it_knows(app: Flask) -> None:
    pages = Pages(SITE, people.FixedClock())
    with app.test_request_context():
        page = pages.logged_out(
            applications=[Application("DT-e", Heard.TOLD), Application("<i>e-CAC</i>", Heard.NOT)]
        ).get_data(as_text=True)
    assert "<bdi><strong>DT-e</strong></bdi> já sabe que você saiu." in page
    assert "<bdi><strong>&lt;i&gt;e-CAC&lt;/i&gt;</strong></bdi> não recebe avisos." in page


@dataclass
class Client:
    """Two clients' pages on one port: what was asked for, in order. ``/slow`` answers when it is let."""

    asked: list[str] = field(default_factory=list)
    let: threading.Event = field(default_factory=threading.Event)


@pytest.fixture
def client() -> Iterator[tuple[Client, str]]:
    here = Client()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path.startswith("/slow"):
                here.let.wait(120)
            here.asked.append(self.path)
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            if not self.path.startswith("/back"):
                self.wfile.write(b"<title>client</title><script>top.location = '/stolen'</script>")

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield here, f"http://127.0.0.1:{server.server_port}"
    here.let.set()
    server.shutdown()
    server.server_close()


@pytest.mark.browser
def test_the_browser_goes_on_once_every_frame_is_loaded(
    app: Flask, client: tuple[Client, str], playwright: Playwright
) -> None:
    """Without a script of ours; and no framed client takes the page away from the person."""
    here, origin = client
    pages = Pages(SITE, people.FixedClock())
    frames, back = [f"{origin}/fast?iss=i&sid=1", f"{origin}/slow?iss=i&sid=2"], f"{origin}/back?state=s"
    app.add_url_rule("/", view_func=lambda: pages.logged_out(client_name="DT-e", frames=frames, location=back))
    server = serve(app)
    installation = Chromium()
    browser = installation.launch(playwright.chromium)
    try:
        page = browser.new_page()
        page.goto(f"http://localhost:{server.port}/", wait_until="commit")
        page.wait_for_timeout(1800)  # longer than the page would wait if it did not wait for the frame
        assert page.title().startswith("Você saiu")
        assert page.get_by_role("link", name="Continuar para DT-e").get_attribute("href") == back
        here.let.set()
        page.wait_for_url(back, timeout=60_000)
        assert here.asked[:3] == ["/fast?iss=i&sid=1", "/slow?iss=i&sid=2", "/back?state=s"]
    finally:
        browser.close()
        installation.remove()
        server.shutdown()
        server.server_close()
