// Toasts and the confirmation dialog.
import { button, make } from "./dom.js";

export function toast(text, kind = "", action = null) {
  const box = make("div", { class: `toast${kind ? ` toast-${kind}` : ""}` }, make("div", {}, text));
  if (action) box.append(button(action.text, () => { box.remove(); action.run(); }));
  box.append(button("Close", () => box.remove(), { kind: "plain" }));
  document.getElementById("toasts").append(box);
  if (kind !== "error") setTimeout(() => { if (!box.matches(":hover, :focus-within")) box.remove(); }, 7000);
}

export function confirm(question, { verb = "Confirm", danger = true } = {}) {
  return new Promise((resolve) => {
    const no = make("button", { class: "button", value: "no", autofocus: true }, "Cancel");
    const yes = make("button", { class: `button ${danger ? "button-danger" : "button-main"}`, value: "yes" }, verb);
    const form = make("form", { method: "dialog", class: "stack" }, make("p", { id: "question" }, question),
      make("div", { class: "dialog-foot" }, no, yes));
    const dialog = make("dialog", { "aria-labelledby": "question" }, form);
    dialog.addEventListener("close", () => { resolve(dialog.returnValue === "yes"); dialog.remove(); });
    document.body.append(dialog);
    dialog.showModal();
  });
}
