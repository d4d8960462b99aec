// A few spectra reported by the method: by row, or as arrays.
import { SpectraPlot, curveOf } from "../spectra.js";

export function drawSpectra(frame, { data, id }) {
  const given = (data.flux ?? []).map((flux, at) => {
    const x = data.wavelength ?? flux.map((_, point) => point);
    return curveOf({ axis: data.wavelength ? "wavelength" : "column", x, flux }, data.names?.[at] ?? `${at + 1}`);
  });
  const pointed = (data.spectra ?? []).map((one) => curveOf(one.prepared, one.name, one.label));
  return new SpectraPlot(frame, { name: id }).show([...given, ...pointed]);
}
