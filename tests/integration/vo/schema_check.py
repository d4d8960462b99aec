"""Validates documents by the IVOA's schemas, which python3-gavo brings: ``schema_check.py ADDRESS …``."""

from __future__ import annotations

import sys
import urllib.request
from pathlib import Path
from typing import Any

from lxml import etree

FOLDER = Path("/usr/lib/python3/dist-packages/gavo/resources/schemata")
SCHEMAS = ("UWS", "VOSIAvailability", "VOSICapabilities", "SSA", "VODataService", "VOTable")
NAMED = {"VODataService-v1.1.xsd": "VODataService.xsd"}


class Local(etree.Resolver):
    """Finds schemas by the end of their address: nothing is fetched."""

    def resolve(self, url: str, _identifier: str, context: Any) -> Any:
        """Return the file of a schema."""
        name = url.rsplit("/", 1)[-1]
        return self.resolve_filename(str(FOLDER / NAMED.get(name, name)), context)


def main(addresses: list[str]) -> None:
    """Print what is wrong with each, and fail where anything is."""
    parser = etree.XMLParser()
    parser.resolvers.add(Local())
    imports = "".join(
        f'<xs:import namespace="{etree.parse(str(FOLDER / f"{name}.xsd")).getroot().get("targetNamespace")}" '
        f'schemaLocation="local/{name}.xsd"/>'
        for name in SCHEMAS
    )
    whole = f'<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">{imports}</xs:schema>'
    schema = etree.XMLSchema(etree.fromstring(whole, parser))
    wrong = []
    for address in addresses:
        with urllib.request.urlopen(address) as answer:
            if not schema.validate(etree.parse(answer)):
                wrong += [f"{address}: {error}" for error in schema.error_log]
    print("\n".join(wrong))
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main(sys.argv[1:])
