// Position and metadata of a spectrum, with plain links to services that show the sky there.
import { make } from "../dom.js";
import { number } from "../humanise.js";

const SKY = {
  Aladin: (ra, dec) => `https://aladin.cds.unistra.fr/AladinLite/?target=${ra}%20${dec}&fov=0.1`,
  SIMBAD: (ra, dec) => `https://simbad.cds.unistra.fr/simbad/sim-coo?Coord=${ra}d${dec < 0 ? "" : "%2B"}${dec}d&Radius=10&Radius.unit=arcsec`,
};

export function facts(spectrum) {
  const { ra, dec } = spectrum;
  const there = typeof ra === "number" && typeof dec === "number";
  const pairs = [
    ["Object", spectrum.group], ["Signal-to-noise", spectrum.snr === null ? "" : number(spectrum.snr, 3)],
    ["Wavelength", spectrum.wavelength_min === null ? "" : `${number(spectrum.wavelength_min)}–${number(spectrum.wavelength_max)} Å`],
    ["Position", there ? `${ra.toFixed(5)}° ${dec.toFixed(5)}°` : ""], ["File", spectrum.path], ["Format", spectrum.format],
  ];
  const list = make("dl", { class: "facts" }, ...pairs.filter(([, value]) => value).map(([title, value]) => make("div", {}, make("dt", {}, title), make("dd", { class: "break" }, value))));
  const links = [make("a", { href: spectrum.url, target: "_blank", rel: "noopener" }, "Spectrum page")];
  if (there) for (const [name, address] of Object.entries(SKY)) links.push(make("a", { href: address(ra, dec), target: "_blank", rel: "noopener noreferrer" }, name));
  return [list, make("p", { class: "row small" }, ...links)];
}
