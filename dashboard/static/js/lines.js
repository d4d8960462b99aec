// Spectral lines (Å, vacuum) and the axes of spectrum plots.

// Vacuum wavelengths after NIST's Atomic Spectra Database, as SDSS lists them.
export const LINES = [
  { name: "Hα", at: [6564.61] },
  { name: "Hβ", at: [4862.68] },
  { name: "Hγ", at: [4341.68] },
  { name: "Hδ", at: [4102.89] },
  { name: "Ca II K H", at: [3934.78, 3969.59] },
  { name: "Na D", at: [5891.58, 5897.56] },
  { name: "Mg b", at: [5168.76, 5174.13, 5185.05] },
  { name: "He I", at: [5877.25, 6679.99] },
  { name: "[O III]", at: [4960.3, 5008.24] },
  { name: "Ca II IR", at: [8500.36, 8544.44, 8664.52] },
];

const LIGHT = 299792.458; // km/s

export const AXES = {
  angstrom: { title: "Wavelength (Å, vacuum)", column: "wavelength_angstrom", unit: "0.1nm", ucd: "em.wl", from: (value) => value, to: (value) => value },
  column: { title: "Column of the features", column: "column", unit: "", from: (value) => value },
  nanometre: { title: "Wavelength (nm, vacuum)", column: "wavelength_nm", unit: "nm", ucd: "em.wl", from: (value) => value / 10, to: (value) => value * 10 },
};
for (const line of LINES) {
  const rest = line.at[0];
  AXES[`velocity ${line.name}`] = {
    title: `Velocity about ${line.name} (km/s)`, column: "velocity_km_s", unit: "km/s", ucd: "spect.dopplerVeloc",
    from: (value) => LIGHT * (value / rest - 1), // radio and optical conventions agree to first order; this is the optical one
    to: (value) => rest * (value / LIGHT + 1),
    rest,
  };
}

export function covers(spectra, wavelength) {
  return spectra.some((one) => one.wavelength.length > 1 && one.wavelength[0] <= wavelength && one.wavelength.at(-1) >= wavelength);
}
