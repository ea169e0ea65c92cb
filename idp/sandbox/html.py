"""Read a page as a person without JavaScript sees it: its forms, its links, and the code of an error page."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin

_BUTTONS = ("submit", "image")


@dataclass(slots=True)
class Control:
    """A field or a button. ``label`` is a button's text."""

    name: str
    value: str
    kind: str
    attributes: dict[str, str]
    label: str = ""

    @property
    def checked(self) -> bool:
        return "checked" in self.attributes


@dataclass(slots=True)
class Form:
    method: str
    action: str
    fields: list[Control] = field(default_factory=list)
    buttons: list[Control] = field(default_factory=list)

    def named(self, name: str) -> list[Control]:
        return [control for control in self.fields if control.name == name]

    def data(self, pressed: Control | None = None, **chosen: str) -> list[tuple[str, str]]:
        """What a browser would send: defaults, with ``chosen`` in place of the fields of those names."""
        sent = []
        for control in self.fields:
            if not control.name or control.name in chosen:
                continue
            if control.kind in ("radio", "checkbox") and not control.checked:
                continue
            sent.append((control.name, control.value))
        sent += chosen.items()
        if pressed is not None and pressed.name:
            sent.append((pressed.name, pressed.value))
        return sent


class Page(HTMLParser):
    """A parsed page. ``code`` is the ``data-codigo`` of its main element, "" when it is no error page."""

    def __init__(self, url: str, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.url, self.text = url, text
        self.forms: list[Form] = []
        self.links: list[tuple[str, str]] = []
        self.code = ""
        self.heading = ""
        self._form: Form | None = None
        self._button: Control | None = None
        self._link: list[str] | None = None
        self._in_heading = False
        self.feed(text)

    def find_button(self, name: str = "", value: str = "", label: str = "") -> tuple[Form, Control] | None:
        """The first button with that name and value, or that says just ``label``."""
        for form in self.forms:
            for button in form.buttons:
                if name and (button.name, button.value) == (name, value):
                    return form, button
                if label and button.label.strip() == label:
                    return form, button
        return None

    def find_link(self, label: str) -> str | None:
        """Where the first link that says just ``label`` leads."""
        return next((target for target, text in self.links if text.strip() == label), None)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        if tag == "main":
            self.code = attributes.get("data-codigo", "")
        elif tag == "h1":
            self._in_heading = not self.heading
        elif tag == "form":
            action = urljoin(self.url, attributes.get("action") or self.url)
            self._form = Form(attributes.get("method", "get").upper(), action)
            self.forms.append(self._form)
        elif tag == "a" and "href" in attributes:
            self._link = [urljoin(self.url, attributes["href"]), ""]
        elif tag in ("input", "button", "select", "textarea") and self._form is not None:
            self._control(self._form, tag, attributes)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif tag == "button":
            self._button = None
        elif tag == "h1":
            self._in_heading = False
        elif tag == "a" and self._link:
            self.links.append((self._link[0], self._link[1]))
            self._link = None

    def handle_data(self, data: str) -> None:
        if self._button is not None:
            self._button.label += data
        if self._link is not None:
            self._link[1] += data
        if self._in_heading:
            self.heading += data

    def _control(self, form: Form, tag: str, attributes: dict[str, str]) -> None:
        kind = attributes.get("type", "submit" if tag == "button" else "text").lower()
        control = Control(attributes.get("name", ""), attributes.get("value", ""), kind, attributes)
        if kind in _BUTTONS:
            control.label = control.value if tag == "input" else ""
            form.buttons.append(control)
        elif kind not in ("button", "reset"):
            form.fields.append(control)
        if tag == "button":
            self._button = control
