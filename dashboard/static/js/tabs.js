// Tabs after the WAI-ARIA pattern; the chosen one is in the address, so that a reload or a link comes back to it.

export function prepareTabs(tabs) {
  const buttons = [...tabs.querySelectorAll(":scope > .tab-list > [role=tab]")];
  const show = (button, remember) => {
    for (const other of buttons) {
      const chosen = other === button;
      other.setAttribute("aria-selected", String(chosen));
      other.tabIndex = chosen ? 0 : -1;
      const panel = document.getElementById(other.getAttribute("aria-controls"));
      if (panel) panel.hidden = !chosen;
    }
    const panel = document.getElementById(button.getAttribute("aria-controls"));
    if (remember) history.replaceState(null, "", `#${panel.id}`);
    panel?.dispatchEvent(new CustomEvent("shown", { bubbles: true }));
  };
  for (const button of buttons) button.addEventListener("click", () => show(button, true));
  tabs.querySelector(".tab-list").addEventListener("keydown", (event) => {
    const at = buttons.indexOf(document.activeElement);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: buttons.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const button = buttons[(to + buttons.length) % buttons.length];
    button.focus();
    show(button, true);
  });
  tabs.dataset.ready = "";
  const named = buttons.find((button) => `#${button.getAttribute("aria-controls")}` === location.hash);
  show(named ?? buttons.find((button) => button.getAttribute("aria-selected") === "true") ?? buttons[0], false);
}
