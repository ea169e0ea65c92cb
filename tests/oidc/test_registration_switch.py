"""IDP_REGISTRATION on the whole application: what is off is neither there nor spoken of."""

from __future__ import annotations

from pathlib import Path

import pytest

import idp.app
import idp.parts
from benchmarks.installation import ISSUER, install
from idp.storage.sql import SqlStore, open_store

DISCOVERY = ("openid-configuration", "oauth-authorization-server")


@pytest.mark.attack("ATK-141")
def test_the_endpoint_is_there_where_the_settings_say_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ready = install(tmp_path, f"sqlite:///{tmp_path}/portaria.sqlite", "sql", visitors=1)
    stores: list[SqlStore] = []
    monkeypatch.setattr(idp.parts, "open_store", lambda url: stores.append(open_store(url)) or stores[-1])
    found = {}
    for mode in ("off", "token", "open"):
        http = idp.app.create_issuer(ready.settings.model_copy(update={"registration": mode})).test_client()
        document = {"redirect_uris": ["https://rp.example/cb"]}
        answer = http.post("/register", json=document, base_url=ISSUER).status_code
        names = [http.get(f"/.well-known/{name}", base_url=ISSUER).get_json() for name in DISCOVERY]
        found[mode] = (answer, *(name.get("registration_endpoint") for name in names))
    for store in stores:
        store.close()
    endpoint = f"{ISSUER}/register"
    assert found == {
        "off": (404, None, None),
        "token": (401, endpoint, endpoint),
        "open": (201, endpoint, endpoint),
    }
