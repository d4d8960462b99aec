"""What pyvo gets of a service of spectra, as JSON: the same questions to any service.

Runs in the interpreter that `ci/machine.sh` installs pyvo in: ``python pyvo_asks.py SSA-ADDRESS [TOKEN]``.
"""

from __future__ import annotations

import io
import json
import sys
import warnings

import pyvo
import requests
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.io.votable import parse_single_table

warnings.simplefilter("ignore")


def wavelengths(content: bytes) -> list[float]:
    """Return first and last wavelength of a spectrum in Å, and the number of its points."""
    table = parse_single_table(io.BytesIO(content)).to_table()
    column = next(table[name] for name in table.colnames if name.lower() in ("wavelength", "spectral"))
    values = column.quantity.to("Angstrom").value
    return [float(values.min()), float(values.max()), len(values)]


def main(address: str, token: str) -> None:
    """Ask, and print what was answered."""
    session = requests.Session()
    if token:
        session.auth = ("any", token)
    service = pyvo.dal.SSAService(address, session=session)
    everything = service.search(MAXREC=100)
    place = SkyCoord(20 * u.deg, -3 * u.deg)
    cone = service.search(pos=place, diameter=1 * u.deg)
    record = cone[0]
    links = list(record.getdatalink())
    this = next(link for link in links if link["semantics"] == "#this")
    proc = next(link for link in links if link["semantics"] == "#proc")
    cut = proc.process(BAND=(5e-7, 5.2e-7)).read()
    soda = record.processed(band=(5000, 5200) * u.AA).read()
    many = list(everything.iter_datalinks())
    metadata = service.search(format="METADATA")
    told = {
        "all": len(everything),
        "names": sorted(str(one["ssa_targname"]) for one in everything),
        "cone": [str(one["ssa_targname"]) for one in cone],
        "here": [round(float(value), 3) for value in cone[0]["ssa_location"]],
        "nothing": len(service.search(pos=SkyCoord(200 * u.deg, 80 * u.deg), diameter=1 * u.deg)),
        "band": len(service.search(band=(5e-7, 6e-7) * u.m)),
        "outside": len(service.search(band=(1e-3, 2e-3) * u.m)),
        "semantics": sorted({str(link["semantics"]) for link in links} & {"#this", "#proc"}),
        "whole": wavelengths(session.get(this.access_url).content),
        "cut": wavelengths(cut),
        "soda": wavelengths(soda),
        "links": len(many),
        "metadata": len(metadata.fieldnames) > 10,
        "overflow": [str(one.value) for one in service.search(MAXREC=2).votable.resources[0].infos][-1],
        "truncated": len(service.search(MAXREC=2)),
    }
    try:
        service.search(pos="x")
        told["wrong"] = "taken"
    except (pyvo.DALQueryError, ValueError):
        told["wrong"] = "rejected"
    print(json.dumps(told))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else "")
