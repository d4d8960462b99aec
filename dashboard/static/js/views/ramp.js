// A sequential colour scale: light to dark on light pages, reversed on dark pages.

const LIGHT = [[247, 250, 252], [205, 225, 235], [136, 186, 205], [72, 136, 168], [40, 87, 128], [30, 42, 84]];
const DARK = [[22, 28, 36], [32, 56, 82], [38, 94, 122], [58, 140, 150], [122, 190, 164], [222, 236, 178]];

export function ramp(share) {
  const chosen = document.documentElement.dataset.theme;
  const stops = chosen === "dark" || (!chosen && matchMedia("(prefers-color-scheme: dark)").matches) ? DARK : LIGHT;
  const at = Math.min(Math.max(share, 0), 1) * (stops.length - 1);
  const low = Math.min(Math.floor(at), stops.length - 2);
  const mixed = stops[low].map((value, index) => Math.round(value + (stops[low + 1][index] - value) * (at - low)));
  return `rgb(${mixed.join(" ")})`;
}
