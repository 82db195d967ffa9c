// The choice of one run out of all: the ticked ones come first.

import {element, swatch} from "./dom.js";

// label: "A" or "B"; changed(name) is called when the reader chooses; `none` is the text of the choice of no run.
export function createRunPicker(context, label, changed, none = null) {
  const box = element("select", {onchange: () => changed(box.value)}), colour = element("span");
  const picker = {
    element: element("label", {class: "choice run-picker"}, element("strong", {}, label), colour, box),
    value: null,
    // runs: those that can be chosen. A chosen run stays chosen, also while it is not in the list.
    fill(runs, ticked, value) {
      const names = runs.map(run => run.name), first = new Set(ticked);
      picker.value = value;
      const options = [];
      if (none !== null) options.push(element("option", {value: ""}, none));
      if (value && !names.includes(value)) options.push(option(value, `${value} (not here)`));
      const groups = [["ticked", names.filter(name => first.has(name))],
                      ["runs", names.filter(name => !first.has(name))]];
      for (const [title, members] of groups)
        if (members.length)
          options.push(element("optgroup", {label: title}, members.map(name => option(name, name))));
      const shape = JSON.stringify([names, groups[0][1], value && !names.includes(value)]);
      if (shape !== picker.shape) box.replaceChildren(...options);  // an open list stays open
      picker.shape = shape;
      box.value = value ?? "";
      const run = context.run(value);
      colour.replaceChildren(...run ? [swatch(context.colours, run.key)] : []);
    },
  };
  return picker;
}

const option = (value, text) => element("option", {value}, text);
