// Something that is shown once, with a button that copies it.
import { button, icon, make } from "./dom.js";

export function showOnce(place, text, { words, region, copy }) {
  place.replaceChildren(icon("check"), make("div", { class: "stack-tight grow" },
    make("p", {}, ...[words].flat()),
    make("div", { class: "code" }, make("pre", { tabindex: 0, role: "region", "aria-label": region }, make("code", {}, text))),
    make("div", { class: "row" }, button(copy, null, { "data-copy": text, iconName: "copy" }))));
  place.hidden = false;
}
