// Marks of a table's spectra as interesting or not, and the prediction that ranks again by them.
import { button, make } from "../dom.js";
import { plural } from "../humanise.js";
import { ask } from "../http.js";

const LEVELS = [["Interesting", 5], ["Not", 0]];

/** `parameter` is the prediction's parameter that takes marks: JSON of names and numbers from 0 to 5. */
export class Marking {
  constructor(parameter, job) {
    Object.assign(this, { parameter, job, marks: new Map() });
    this.status = make("span", { class: "muted small", role: "status" });
    this.again = button("Rank again", () => this.submit(), { kind: "main" });
  }

  /** Finds the model, the dataset and the marks of the job; returns whether there is what can rank again. */
  async load() {
    const { job, model, asked } = await ask(`/jobs/${this.job}`);
    this.model = (model ?? asked)?.id;
    this.dataset = job.dataset;
    this.parameters = asked ? job.parameters : {};
    for (const [name, mark] of Object.entries(JSON.parse(job.parameters?.[this.parameter] || "{}"))) this.marks.set(name, mark);
    return Boolean(this.model && this.dataset);
  }

  /** The cell of a spectrum: one button for each mark. */
  cell(name) {
    const toggles = LEVELS.map(([title, mark]) => make("button", { type: "button", class: "toggle", "aria-label": `${name}: ${title.toLowerCase()}`, onclick: () => {
      if (this.marks.get(name) === mark) this.marks.delete(name); else this.marks.set(name, mark);
      show();
    } }, title));
    const show = () => {
      LEVELS.forEach(([, mark], at) => toggles[at].setAttribute("aria-pressed", String(this.marks.get(name) === mark)));
      this.tell();
    };
    show();
    return make("td", { "data-title": "Mark", "data-value": "" }, make("span", { class: "row" }, ...toggles));
  }

  /** What stands above the table. */
  tools() {
    return [this.again, this.status];
  }

  tell() {
    this.again.disabled = this.marks.size === 0;
    this.status.textContent = this.marks.size ? `${plural(this.marks.size, "mark")}: a prediction of the same spectra ranks again, without a training.`
      : "Mark spectra as interesting or not.";
  }

  async submit() {
    this.again.setAttribute("aria-busy", "true");
    try {
      const parameters = { ...this.parameters, [this.parameter]: JSON.stringify(Object.fromEntries(this.marks)) };
      const { job } = await ask(`/models/${encodeURIComponent(this.model)}/predictions`, { method: "POST", body: { dataset: this.dataset, parameters } });
      location.href = `/jobs/${encodeURIComponent(job.id)}`;
    } catch (problem) {
      this.status.textContent = problem.errors?.[0]?.message ?? problem.message;
    } finally {
      this.again.removeAttribute("aria-busy");
    }
  }
}
