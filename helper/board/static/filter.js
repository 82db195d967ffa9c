// The filter of the table, in the language of --where. The server knows the language.

import {button, element} from "./dom.js";
import {latest} from "./api.js";

const PAUSE = 250;  // ms after the last key

export function createFilter(context, onChange) {
  let names = null, asked = null, timer = 0;
  const newest = latest();
  const error = element("p", {class: "warning", id: "filter-error", role: "status"});
  const input = element("input", {type: "search", value: context.state.where, spellcheck: "false",
    placeholder: "Filter: learning_rate<0.5 and status=completed", autocomplete: "off",
    "aria-label": "Filter runs by a condition, as --where", "aria-describedby": "filter-error",
    oninput: () => { clearTimeout(timer); timer = setTimeout(apply, PAUSE); },
    onchange: () => { clearTimeout(timer); apply(); }});
  const clear = button("Clear filter", () => { input.value = ""; apply(); }, {class: "plain"});

  function apply() {
    const where = input.value.trim();
    if (where !== context.state.where) context.update({where});
    else refresh();
  }

  // Asks the server again when the condition or the runs have changed.
  async function refresh() {
    const where = context.state.where;
    if (document.activeElement !== input && input.value.trim() !== where) input.value = where;
    clear.hidden = !where;
    const question = [where, context.runs];
    if (asked && asked[0] === where && asked[1] === context.runs) return;
    asked = question;
    if (!where) {
      newest(() => Promise.resolve());
      names = null;
      error.textContent = "";
      onChange();
      return;
    }
    try {
      const found = await newest(signal => context.api.get("where", {condition: where}, signal));
      if (found === undefined) return;
      names = new Set(found.names);
      error.textContent = "";
    } catch (problem) {
      error.textContent = problem.message;  // what was found before stays
    }
    input.setAttribute("aria-invalid", String(Boolean(error.textContent)));
    onChange();
  }

  return {
    element: element("div", {class: "filter"}, input, clear, error),
    names: () => names,
    refresh,
    // Gives the filter up if it hides this run.
    include(name) {
      if (!names || names.has(name)) return;
      input.value = "";
      apply();
    },
  };
}
