// The keys of the label page; a key does nothing while somebody types.

export const HELP = [
  ["1 … 9, 0", "give a class and go on; with Shift the 11th to the 20th"], ["Enter", "accept the model's class, where it is shown"], ["u, Backspace", "undo"],
  ["x", "skip"], ["q", "unsure"], ["c", "comment"], ["→, j", "next"], ["←, k", "previous"], ["w", "window or whole spectrum"], ["+, −", "zoom"],
  ["s", "smooth"], ["l", "spectral lines"], ["e", "errors"], ["m", "show or hide the model's opinion"], ["?", "this list"],
];

const PLAIN = {
  u: "undo", Backspace: "undo", x: "skip", q: "unsure", c: "comment", ArrowRight: "next", j: "next", ArrowLeft: "previous", k: "previous",
  w: "window", "+": "closer", "=": "closer", "-": "further", s: "smooth", l: "lines", e: "errors", m: "toggleOpinion", Enter: "accept", "?": "help",
};

export function onKeys(act) {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input, select, textarea, dialog")) return;
    if (event.key === "Enter" && event.target.closest("button, a, summary")) return;
    const digit = /^(?:Digit|Numpad)(\d)$/.exec(event.code)?.[1] ?? (/^\d$/.test(event.key) ? event.key : undefined);
    if (digit !== undefined && !event.repeat) act("label", (Number(digit) + 9) % 10 + (event.shiftKey ? 10 : 0), event);
    else if (PLAIN[event.key] && !event.repeat) act(PLAIN[event.key], undefined, event);
    else return;
    event.preventDefault();
  });
}
