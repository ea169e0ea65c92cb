"""What makes a page sound HTML that assistive technology can read, as far as its text shows."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from itertools import pairwise

VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
SVG = {"path"}
HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")


@dataclass(slots=True)
class Element:
    tag: str
    attributes: dict[str, str]
    parents: tuple[str, ...]
    text: str = ""


@dataclass(slots=True)
class Tree(HTMLParser):
    """Elements in order, and ``problems`` of nesting and repetition found on the way."""

    elements: list[Element] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    _open: list[Element] = field(default_factory=list)

    def __init__(self, text: str) -> None:
        HTMLParser.__init__(self)
        self.elements, self.problems, self._open = [], [], []
        self.feed(text)
        self.close()
        self.problems += [f"<{element.tag}> is never closed" for element in self._open]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        self.problems += [f"{tag}: attribute {name} twice" for name in names if names.count(name) > 1]
        element = Element(tag, {name: value or "" for name, value in attrs}, tuple(e.tag for e in self._open))
        self.elements.append(element)
        if tag not in VOID:
            self._open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag in SVG:
            self._open.pop()

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open[-1].tag != tag:
            self.problems.append(f"</{tag}> closes {self._open[-1].tag if self._open else 'nothing'}")
            return
        self._open.pop()

    def handle_data(self, data: str) -> None:
        for element in self._open:
            element.text += data

    def all(self, *tags: str) -> list[Element]:
        return [element for element in self.elements if element.tag in tags]

    def one(self, tag: str) -> Element:
        (element,) = self.all(tag)
        return element

    def ids(self) -> list[str]:
        return [element.attributes["id"] for element in self.elements if "id" in element.attributes]


def problems(text: str) -> list[str]:
    """Everything wrong with a page; empty when it is sound."""
    tree = Tree(text)
    ids = tree.ids()
    found = [*tree.problems, *(f"id {id!r} twice" for id in set(ids) if ids.count(id) > 1)]
    found += [f"no {tag}" for tag in ("title", "h1", "main", "header", "footer") if len(tree.all(tag)) != 1]
    if tree.one("html").attributes.get("lang") != "pt-BR":
        found.append("lang is not pt-BR")
    if not text.lower().startswith("<!doctype html>"):
        found.append("does not start with the doctype")
    found += _active_content(tree)
    found += _references(tree, set(ids))
    found += _controls(tree)
    found += _headings(tree)
    return found


def _active_content(tree: Tree) -> list[str]:
    found = [f"<{element.tag}>" for element in tree.all("script", "style", "iframe", "object", "embed", "base")]
    for element in tree.elements:
        for name, value in element.attributes.items():
            if name.startswith("on") or name == "style" or value.strip().lower().startswith("javascript:"):
                found.append(f"{element.tag} {name}={value}")
    return found


def _references(tree: Tree, ids: set[str]) -> list[str]:
    found = []
    for element in tree.elements:
        for name in ("for", "form", "aria-labelledby", "aria-describedby"):
            value = element.attributes.get(name)
            if value is not None and not set(value.split()) <= ids:
                found.append(f"{element.tag} {name}={value} leads nowhere")
        href = element.attributes.get("href", "")
        if element.tag == "a" and href.startswith("#") and href[1:] not in ids:
            found.append(f"link to {href} leads nowhere")
    return found


def _controls(tree: Tree) -> list[str]:
    labelled = {element.attributes.get("for") for element in tree.all("label")}
    found = []
    for element in tree.all("input", "textarea", "select"):
        kind = element.attributes.get("type", "text")
        if kind not in ("hidden", "submit") and element.attributes.get("id") not in labelled:
            found.append(f"{element.tag} {element.attributes} has no label")
        if kind == "radio" and "fieldset" not in element.parents:
            found.append("a radio button outside a fieldset")
    pressed = tree.all("button", "a", "summary")
    found += [f"{element.tag} without text" for element in pressed if not element.text.strip()]
    found += ["an image without alt" for element in tree.all("img") if "alt" not in element.attributes]
    found += ["a fieldset without legend"] if len(tree.all("fieldset")) != len(tree.all("legend")) else []
    found += ["form in a form" for element in tree.all("form") if "form" in element.parents]
    return found


def _headings(tree: Tree) -> list[str]:
    levels = [int(element.tag[1]) for element in tree.all(*HEADINGS)]
    if not levels or levels[0] != 1:
        return ["the first heading is not h1"]
    return [f"h{one} is followed by h{next}" for one, next in pairwise(levels) if next > one + 1]
