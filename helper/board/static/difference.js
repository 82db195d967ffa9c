// In what two runs differ: settings, metrics, versions, commit, data, parameters, graph.

import {latest} from "./api.js";
import {button, code, element} from "./dom.js";
import {metric, setting} from "./format.js";
import {noRuns} from "./frame.js";
import {createRunPicker} from "./pickers.js";

const TITLES = {run: "Experiment and commit", flags: "Settings", metrics: "Metrics", data: "Data",
                parameters: "Parameters", versions: "Versions"};
const SIGNS = {"-": ["removed", "only in A"], "+": ["added", "only in B"], "~": ["changed", "changed"]};

export function create(context) {
  const ask = latest();
  const choose = side => name => context.update({[`difference.${side}`]: name});
  const pickers = {first: createRunPicker(context, "A", choose("first")), second: createRunPicker(context, "B", choose("second"))};
  const swap = button("⇄ Swap", () => context.update(
    {"difference.first": pickers.second.value, "difference.second": pickers.first.value}));
  const place = element("div", {class: "differences", "aria-live": "polite"});
  let shown = "";

  function draw() {
    const [first, second] = pair(context, "difference");
    for (const [side, name] of [["first", first], ["second", second]])
      pickers[side].fill(context.runs.runs, context.state.ticked, name);
    const steps = [first, second].map(name => context.run(name)?.step);
    const request = JSON.stringify([first, second, steps]);
    if (request === shown) return;
    shown = request;
    show(first, second);
  }

  async function show(first, second) {
    if (!context.runs.runs.length) return place.replaceChildren(noRuns(context));
    if (!first || !second) {
      place.replaceChildren(element("p", {}, "Two runs are needed: train a second one, in a terminal."),
        code("python experiments/softmax.py --learning_rate 0.5"));
      return;
    }
    try {
      const found = await ask(signal => context.api.post("difference", {first, second}, signal));
      if (found) place.replaceChildren(...parts(found, first, second));
    } catch (error) {
      shown = "";
      place.replaceChildren(element("p", {class: "problem"}, error.message));
    }
  }

  context.onState(draw);
  return {
    element: element("div", {class: "view difference"},
      element("div", {class: "controls pickers"}, pickers.first.element, swap, pickers.second.element), place),
    show: draw,
    hide: () => {},
  };
}

// The runs A and B of a view: as chosen, else two of the ticked ones, else the first two.
// able: whether a run can be chosen; together: whether B can be compared with A.
export function pair(context, view, able = () => true, together = () => true) {
  const names = context.runs.runs.filter(able).map(run => run.name), known = new Set(names);
  const chosen = ["first", "second"].map(side => context.option(`${view}.${side}`, null));
  const kept = chosen.map(name => known.has(name) || context.run(name) ? name : null);
  const ticked = context.state.ticked.filter(name => known.has(name));
  const free = [...new Set([...ticked, ...names])].filter(name => !kept.includes(name));
  const first = kept[0] ?? free[0] ?? null, run = context.run(first);
  const others = free.filter(name => name !== first && together(run, context.run(name)));
  // Of the ticked runs, rather one with other settings than another seed of the same.
  const other = others.find(name => ticked.includes(name) && context.run(name).key !== run.key);
  return [first, kept[1] ?? other ?? others[0] ?? null];
}

function parts(found, first, second) {
  const {sections, metrics, graph, notes} = found;
  const tables = [], made = [...notes.map(line => element("p", {class: "problem"}, line))];
  for (const title of Object.keys(TITLES)) {
    if (title === "metrics") tables.push(metricTable(metrics));
    else if (sections[title]) tables.push(sectionTable(title, sections[title]));
  }
  if (tables.some(Boolean)) made.push(element("div", {class: "parts"}, tables));
  if (graph.length) made.push(graphLines(graph));
  if (!made.some(Boolean)) made.push(element("p", {},
    first === second ? "A and B are the same run." : "The runs do not differ, but in how long they took."));
  return made.filter(Boolean);
}

function table(title, head, rows) {
  return element("section", {class: "part"}, element("h2", {}, title),
    element("div", {class: "scroll"}, element("table", {class: "both"},
      element("thead", {}, element("tr", {}, head.map(name => element("th", {scope: "col"}, name)))),
      element("tbody", {}, rows))));
}

function sectionTable(title, rows) {
  return table(TITLES[title], ["", "A", "B"], Object.entries(rows).map(([name, [a, b]]) =>
    element("tr", {}, element("th", {scope: "row"}, name), side(a), side(b))));
}

function side(value) {
  const shape = Array.isArray(value) && value.every(Number.isInteger);
  if (value === null || value === undefined) return element("td", {class: "none"}, "–");
  if (typeof value === "object" && !Array.isArray(value)) return element("td", {}, JSON.stringify(value));
  return element("td", {}, shape ? value.join(" × ") || "scalar" : setting(value));
}

function metricTable(metrics) {
  const entries = Object.entries(metrics ?? {});
  if (!entries.length) return null;
  return table(TITLES.metrics, ["", "A", "B", "B − A", "B is"], entries.map(([tag, pair]) =>
    element("tr", {}, element("th", {scope: "row"}, tag), number(pair.first), number(pair.second),
      element("td", {class: "number"}, signed(pair.change)),
      element("td", {class: pair.word}, {better: "▲ better", worse: "▼ worse"}[pair.word] ?? ""))));
}

const number = value => element("td", {class: "number"}, metric(value));

const signed = value => value === null || value === undefined ? "–"
  : typeof value === "number" && value > 0 ? `+${metric(value)}` : metric(value).replace("-", "−");

function graphLines(lines) {
  return element("section", {class: "part"}, element("h2", {}, "Graph"),
    element("p", {class: "quiet"}, "− only in A, + only in B, ~ changed from A to B"),
    element("ul", {class: "graph-lines"}, lines.map(line => {
      const [kind, words] = SIGNS[line[0]] ?? ["", ""];
      return element("li", {class: kind}, element("span", {class: "unseen"}, `${words}: `), line);
    })));
}
