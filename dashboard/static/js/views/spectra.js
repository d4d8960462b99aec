// A handful of spectra that the method points at: by row, or given outright.
import { ask } from "../http.js";
import { SpectraPlot } from "../spectra.js";

export async function drawSpectra(frame, { data, id }, { job, url }) {
  const plot = new SpectraPlot(frame, { name: id });
  if (data.flux) {
    await plot.show(data.flux.map((flux, at) => ({ name: data.names?.[at] ?? `${at + 1}`, flux, wavelength: data.wavelength ?? flux.map((_, point) => point) })));
    return;
  }
  const answer = await ask(`${url}/marks/rows?rows=${data.rows.join(",")}`);
  const wavelength = answer.wavelength;
  await plot.show(answer.rows.map((row) => ({ name: row.name, label: row.label, flux: row.flux, wavelength: wavelength ?? row.flux.map((_, at) => at) })));
  frame.dataset.job = job;
}
