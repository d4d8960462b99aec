// Swagger UI for a deployment, through the platform's address.
import { make } from "./dom.js";
import { ask } from "./http.js";

const place = document.getElementById("swagger");
try {
  const spec = await ask(place.dataset.document);
  const base = (spec.basePath ?? "").replace(/\/$/, "");
  Object.assign(spec, { host: location.host, schemes: [location.protocol.slice(0, -1)], basePath: base.startsWith(place.dataset.base) ? base : place.dataset.base + base });
  if (spec.info?.description) spec.info.description = spec.info.description.replace(/<img[^>]*>|!\[[^\]]*\]\([^)]*\)/g, ""); // no images from other sites
  place.replaceChildren();
  window.SwaggerUIBundle({ spec, domNode: place, validatorUrl: null, supportedSubmitMethods: ["get", "post", "delete"], defaultModelsExpandDepth: 0 });
} catch (problem) {
  place.replaceChildren(make("div", { class: "note note-error", role: "alert" }, make("p", {}, problem.message)));
}
