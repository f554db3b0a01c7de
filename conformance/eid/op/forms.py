"""Forms and links of a login page, read with the standard library's parser in bounded size."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

MAX_FORMS, MAX_FIELDS, MAX_LINKS = 20, 100, 200


@dataclass(slots=True)
class Form:
    """One form. fields: controls that are sent, name to value. buttons: submit buttons, (name, value)."""

    action: str = ""
    method: str = "GET"
    id: str = ""
    fields: dict[str, str] = field(default_factory=dict)
    buttons: list[tuple[str, str]] = field(default_factory=list)


class Page(HTMLParser):
    """The forms and links of a page."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.forms: list[Form] = []
        self.links: list[str] = []
        self._open = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take what a form is made of."""
        given = {name: value or "" for name, value in attrs}
        if tag == "form" and len(self.forms) < MAX_FORMS:
            method = given.get("method", "get").upper()
            self.forms.append(Form(given.get("action", ""), method, given.get("id", "")))
            self._open = True
        elif tag == "a" and given.get("href") and len(self.links) < MAX_LINKS:
            self.links.append(given["href"])
        elif self._open and tag in ("input", "button", "textarea", "select"):
            self._control(tag, given)

    def handle_endtag(self, tag: str) -> None:
        """Close a form."""
        if tag == "form":
            self._open = False

    def _control(self, tag: str, given: dict[str, str]) -> None:
        form, name, kind = self.forms[-1], given.get("name", ""), given.get("type", "").lower()
        if kind in ("submit", "image") or (tag == "button" and kind in ("", "submit")):
            form.buttons.append((name, given.get("value", "")))
        elif name and len(form.fields) < MAX_FIELDS and kind not in ("button", "reset", "file"):
            if kind in ("checkbox", "radio"):
                form.fields.setdefault(name, given.get("value", "on") if "checked" in given else "")
            else:
                form.fields[name] = given.get("value", "")
