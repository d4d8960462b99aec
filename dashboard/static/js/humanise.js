// Formats times and sizes as the server does.

export function ago(iso, now = Date.now()) {
  const seconds = (now - Date.parse(iso)) / 1000;
  const span = Math.abs(seconds);
  if (span < 10) return "just now";
  if (span > 30 * 86400) return new Date(iso).toLocaleDateString("en-GB", { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });
  const [size, unit] = [[86400, "d"], [3600, "h"], [60, "min"], [1, "s"]].find(([least]) => span >= least);
  const text = `${Math.floor(span / size)} ${unit}`;
  return seconds > 0 ? `${text} ago` : `in ${text}`;
}

export function size(bytes) {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let number = bytes;
  let unit = 0;
  while (number >= 1000 && unit < units.length - 1) { number /= 1000; unit += 1; }
  return `${unit === 0 || number >= 100 ? number.toFixed(0) : number.toFixed(1)} ${units[unit]}`;
}

export function duration(seconds) {
  if (seconds < 60) return `${number(seconds, 3)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

export const count = (value) => Math.round(value).toLocaleString("en").replaceAll(",", "\u202f");
export const number = (value, digits = 4) => (value === null || value === undefined ? "–" : String(Number(Number(value).toPrecision(digits))));
export const plural = (value, word, many = `${word}s`) => `${count(value)} ${value === 1 ? word : many}`;
