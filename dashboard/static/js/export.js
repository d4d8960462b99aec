// Exports plotted curves to CSV and VOTable, with the axis and units shown.

// A cell that a spreadsheet would take for a formula begins with an apostrophe.
const quoted = (cell) => {
  const text = /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell;
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};

export function csv(curves, axis) {
  const rows = [`name,label,${axis.column},flux`];
  for (const curve of curves) curve.x.forEach((x, at) => rows.push(`${quoted(curve.name)},${quoted(curve.label ?? "")},${x},${curve.y[at] ?? ""}`));
  return `${rows.join("\n")}\n`;
}

const escaped = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");

export function votable(curves, axis) { // VOTable 1.4, one TABLE for each spectrum
  const tables = curves.map((curve) => `<TABLE name="${escaped(curve.name)}">
<FIELD name="${axis.column}" datatype="double" unit="${axis.unit}"/><FIELD name="flux" datatype="double"/>
<DATA><TABLEDATA>
${curve.x.map((x, at) => `<TR><TD>${x}</TD><TD>${curve.y[at] ?? "NaN"}</TD></TR>`).join("\n")}
</TABLEDATA></DATA></TABLE>`);
  return `<?xml version="1.0" encoding="UTF-8"?>
<VOTABLE version="1.4" xmlns="http://www.ivoa.net/xml/VOTable/v1.3"><RESOURCE>
${tables.join("\n")}
</RESOURCE></VOTABLE>
`;
}
