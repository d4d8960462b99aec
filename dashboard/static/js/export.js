// Exports plotted curves to CSV and VOTable, with the axis and units shown.

// A cell that a spreadsheet would take for a formula begins with an apostrophe; numbers are kept. As in
// wire/spreadsheet.py, signs of full width are signs too, and spaces that are not seen come before them.
const FORMULA = /^[\s\u200b]*[=+\-@\t\r\n|%\uff1d\uff0b\uff0d\uff20]/;
const NUMBER = /^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*$/;
const quoted = (cell) => {
  const text = FORMULA.test(cell) && !NUMBER.test(cell) ? `'${cell}` : cell;
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};

export function csv(curves, axis) {
  const rows = [`name,label,${axis.column},flux`];
  for (const curve of curves) curve.x.forEach((x, at) => rows.push(`${quoted(curve.name)},${quoted(curve.label ?? "")},${x},${curve.y[at] ?? ""}`));
  return `${rows.join("\n")}\n`;
}

// XML 1.0 has no place for other control characters, escaped or not.
const FORBIDDEN = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu;
const escaped = (text) => text.replaceAll(FORBIDDEN, "\ufffd").replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;").replaceAll(/[\t\n\r]/g, (one) => `&#${one.charCodeAt(0)};`);

export function votable(curves, axis) { // VOTable 1.4, one TABLE for each spectrum
  const tables = curves.map((curve) => `<TABLE name="${escaped(curve.name)}">
<FIELD name="${axis.column}" datatype="double" unit="${axis.unit}"${axis.ucd ? ` ucd="${axis.ucd}"` : ""}/><FIELD name="flux" datatype="double" ucd="${axis.ucd === "em.wl" ? "phot.flux.density;em.wl" : "phot.flux.density"}"/>
<DATA><TABLEDATA>
${curve.x.map((x, at) => `<TR><TD>${x}</TD><TD>${curve.y[at] ?? "NaN"}</TD></TR>`).join("\n")}
</TABLEDATA></DATA></TABLE>`);
  return `<?xml version="1.0" encoding="UTF-8"?>
<VOTABLE version="1.4" xmlns="http://www.ivoa.net/xml/VOTable/v1.3"><RESOURCE>
${tables.join("\n")}
</RESOURCE></VOTABLE>
`;
}
