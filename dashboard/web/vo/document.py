"""Writing XML: elements of a library, never text put together."""

from __future__ import annotations

import re
from typing import Final
from xml.etree import ElementTree

from aiohttp import web

XSI: Final = "http://www.w3.org/2001/XMLSchema-instance"
XLINK: Final = "http://www.w3.org/1999/xlink"
XML: Final = "text/xml"
# What XML 1.0 (section 2.2) has no way to write, not even as a reference.
_UNWRITABLE = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

Element = ElementTree.Element
ElementTree.register_namespace("xsi", XSI)
ElementTree.register_namespace("xlink", XLINK)


def named(namespace: str, prefix: str) -> str:
    """Return a namespace in the form in which names have it, and keep its prefix.

    Parameters
    ----------
    namespace, prefix : str
        Address, and how documents abbreviate it.
    """
    ElementTree.register_namespace(prefix, namespace)
    return f"{{{namespace}}}"


def writable(text: object) -> str:
    """Return a text in which characters that XML cannot hold are replaced by U+FFFD."""
    return _UNWRITABLE.sub("\ufffd", str(text))


def add(parent: Element, name: str, text: object = None, **attributes: object) -> Element:
    """Append an element.

    Parameters
    ----------
    parent : Element
        Where.
    name : str
        With its namespace.
    text : object
        What it holds; None: nothing.
    **attributes : object
        By name; those that are None are left out.

    Returns
    -------
    Element
        The new one.
    """
    told = {key.replace("_", "-"): writable(value) for key, value in attributes.items() if value is not None}
    element = ElementTree.SubElement(parent, name, told)
    if text is not None:
        element.text = writable(text)
    return element


def add_nillable(parent: Element, name: str, text: object) -> None:
    """Append an element that says that there is no value where there is none (``xsi:nil``).

    Parameters
    ----------
    parent, name : Element, str
        As for `add`.
    text : object
        The value; None: there is none.
    """
    element = add(parent, name, text)
    if text is None:
        element.set(f"{{{XSI}}}nil", "true")


def xml_answer(root: Element, *, content_type: str = XML, status: int = 200) -> web.Response:
    """Return a document as an answer that no cache keeps.

    Parameters
    ----------
    root : Element
        Of the document.
    content_type : str
        Media type.
    status : int
        Of HTTP.
    """
    body = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    headers = {"Cache-Control": "no-store"}
    return web.Response(body=body, content_type=content_type, charset="utf-8", headers=headers, status=status)


def text_answer(text: str, *, status: int = 200) -> web.Response:
    """Return a text without anything after it."""
    headers = {"Cache-Control": "no-store"}
    return web.Response(text=text, content_type="text/plain", charset="utf-8", headers=headers, status=status)
