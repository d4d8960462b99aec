// Initial range of a flux axis: outlier pixels are excluded, real lines are not.

const OUTSIDE = 0.005; // share of the values that may lie beyond each end
const MARGIN = 0.06; // of the range, left free at both ends
const LINE = 3; // consecutive pixels beyond a bound that count as a line, not noise

/** Returns the bounds that exclude the share OUTSIDE at each end; null without values. */
export function bounds(values) {
  const known = Float64Array.from(values.filter((value) => value !== null && Number.isFinite(value))).sort();
  if (!known.length) return null;
  const out = Math.floor(OUTSIDE * known.length);
  return [known[out], known[known.length - 1 - out]];
}

/** Returns the initial range [low, high] of curves, with margin; null without values or if all are equal. */
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
