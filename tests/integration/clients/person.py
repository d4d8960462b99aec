"""What a person's program does, after the README's; it runs where nothing but the client is installed."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable

from huggins_client import AsyncHuggins, Huggins, HugginsError, Spectrum


def spectra_in_and_out(huggins: Huggins) -> list[Spectrum]:
    [stars] = [one for one in huggins.datasets("stars") if one.name == "stars"]
    found = huggins.spectra(stars.id, [0, 1, 2])
    assert len(found) == 3
    assert all(len(one.wavelength) == len(one.flux) > 100 for one in found)
    assert huggins.modules("forest")[0].name
    return found


def labelled(huggins: Huggins, spectra: list[Spectrum]) -> None:
    made = [
        Spectrum(one.wavelength, one.flux, name=f"s{number}", label="x" if number else "y")
        for number, one in enumerate(spectra)
    ]
    dataset = huggins.upload(made, "mine")
    assert dict(dataset.classes) == {"x": 2, "y": 1}
    assert huggins.label(dataset.id, {"s1": "y"}) == 1


async def predicted(spectra: list[Spectrum]) -> None:
    async with AsyncHuggins() as huggins:
        one, several = await asyncio.gather(
            huggins.predict("hot-stars", spectra[0]), huggins.predict("hot-stars", *spectra)
        )
    assert one["results"][0]["label"] == several["results"][0]["label"]
    assert len(several["results"]) == len(spectra)


def reason_of(call: Callable[[], object]) -> str:
    try:
        call()
    except HugginsError as error:
        return str(error)
    return ""


def wrong(huggins: Huggins) -> None:
    away = Huggins("http://127.0.0.1:9", patience_s=0)
    assert "There is no dataset nosuch" in reason_of(lambda: huggins.train("rdf", "nosuch"))
    assert "nosuch" in reason_of(lambda: huggins.predict("nosuch", Spectrum([1.0], [1.0])))
    assert "does not answer" in reason_of(away.modules)


def main() -> None:
    with Huggins() as huggins:
        found = spectra_in_and_out(huggins)
        sys.stdout.write("spectra\n")
        labelled(huggins, found)
        sys.stdout.write("labels\n")
        asyncio.run(predicted(found))
        sys.stdout.write("prediction\n")
        wrong(huggins)
        sys.stdout.write("errors\n")


if __name__ == "__main__":
    main()
