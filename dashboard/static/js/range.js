// How far an axis of fluxes reaches at first: what a few wild pixels say is left out, a line that is really there is not.

const OUTSIDE = 0.005; // share of the values that may lie beyond each end
const MARGIN = 0.06; // of the range, left free at both ends
const LINE = 3; // neighbours on one side of the bounds that are a line, not noise

/** The values between which all but 2 · OUTSIDE of the given ones lie; null when there are none. */
export function bounds(values) {
  const known = Float64Array.from(values.filter((value) => value !== null && Number.isFinite(value))).sort();
  if (!known.length) return null;
  const out = Math.floor(OUTSIDE * known.length);
  return [known[out], known[known.length - 1 - out]];
}

/** The first view of some curves, [low, high] with margin; null when nothing is known or all is one value. */
export function firstRange(curves) {
  const found = bounds(curves.flat());
  if (!found) return null;
  let [low, high] = found;
  for (const curve of curves) {
    let [above, below] = [0, 0];
    curve.forEach((value, at) => {
      above = value !== null && value > found[1] ? above + 1 : 0;
      below = value !== null && value < found[0] ? below + 1 : 0;
      if (above >= LINE) high = Math.max(high, ...curve.slice(at - above + 1, at + 1));
      if (below >= LINE) low = Math.min(low, ...curve.slice(at - below + 1, at + 1));
    });
  }
  if (!(high > low)) return null;
  const free = MARGIN * (high - low);
  return [low - free, high + free];
}
