// What the labeller has already said of a queue: as the platform knows it, and what is still on its way there.
const ANSWERS = new Set(["label", "skip", "unsure"]);

/**
 * The answered items, in the order in which they were answered.
 *
 * `items`: the labeller's items as the platform tells them; each may have been asked for before, while or after
 * `events` arrived there. `events`: those that waited in the outbox when the items were asked for, in their order.
 */
export function answered(items, events) {
  const said = new Map(); // row to the item, the last answer at the end
  const order = items.filter((item) => item.done && item.mine).sort((a, b) => a.done.localeCompare(b.done));
  for (const item of order) said.set(item.row, item);
  const known = new Map(items.map((item) => [item.row, item]));
  for (const event of events) {
    const item = known.get(event.row);
    if (!item || !(ANSWERS.has(event.kind) || event.kind === "undo")) continue;
    said.delete(event.row);
    if (event.kind === "undo") continue;
    said.set(event.row, { ...item, done: item.done ?? event.made, mine: { key: event.key, kind: event.kind, label: event.label } });
  }
  return [...said.values()];
}
