// Curves of the ticked runs: a mean with a band for each group of seeds.

import {latest} from "./api.js";
import {createChart} from "./chart.js";
import {chosenRuns} from "./chosen.js";
import {button, check, choice, element, menu, message, swatch} from "./dom.js";
import {deviation, isNumber, metric, numeric} from "./format.js";
import {noRuns} from "./frame.js";

const AXES = [["step", "step"], ["epoch", "epoch"], ["seconds", "seconds"]];
const FIRST = ["accuracy", "loss"];
const metricOf = tag => tag.split("/").slice(1).join("/") || tag;

export function create(context) {
  const bar = element("div", {class: "toolbar"}), note = element("p", {class: "quiet"});
  const keys = element("div", {class: "keys", role: "group", "aria-label": "Lines shown"});
  const charts = element("div", {class: "charts"}), problems = element("div");
  const full = [bar, note, keys, charts, problems], place = element("div", {class: "view"});
  const newest = latest(), made = new Map();
  let asked = "", told = "", found = null, hidden = new Set(), barSignature = "";

  async function refresh() {
    if (!context.runs.runs.length) return place.replaceChildren(noRuns(context));
    if (place.firstChild !== bar) place.replaceChildren(...full);
    const {runs, note: words} = chosenRuns(context), tags = tagsOf(context, runs);
    note.textContent = told = words;
    const signature = JSON.stringify([runs.map(run => run.name), tags.all, context.state["curves.tags"] ?? 0,
      settings(context)]);
    if (signature !== barSignature) drawBar(bar, context, tags);
    barSignature = signature;
    const question = JSON.stringify([runs.map(run => [run.name, run.step, run.status]), tags.chosen]);
    if (question !== asked) {
      asked = question;
      if (!await load(runs, tags.chosen)) return;
    }
    draw();
  }

  async function load(runs, tags) {
    if (!runs.length || !tags.length) { found = {curves: [], problems: []}; return true; }
    if (!found) charts.replaceChildren(element("p", {class: "loading"}, "Reading curves …"));
    try {
      const answer = await newest(signal => context.api.post("curves",
        {runs: runs.map(run => run.name), tags, group: true}, signal));
      if (answer === undefined) return false;
      found = answer;
    } catch (error) {
      asked = "";
      found = {curves: [], problems: [error.message]};
    }
    return true;
  }

  function draw() {
    if (!found) return;
    const options = settings(context);
    const curves = found.curves.map(curve => ({...curve, key: context.run(curve.runs[0].name)?.key ?? curve.group,
      label: context.run(curve.runs[0].name)?.label ?? curve.label}));
    drawKeys(keys, context, curves, hidden, () => draw());
    const tags = [...new Set(curves.map(curve => curve.tag))];
    const shown = tags.map(tag => {
      if (!made.has(tag)) made.set(tag, createChart(context, tag, line => context.showRun(line.goes)));
      return made.get(tag);
    });
    const nodes = shown.length ? shown.map(chart => chart.element)
      : [message("No curve", "These runs have no curve that is chosen above.")];
    if (nodes.length !== charts.children.length || nodes.some((node, i) => node !== charts.children[i]))
      charts.replaceChildren(...nodes);
    tags.forEach((tag, i) => shown[i].draw({
      x: {title: options.smoothing ? `${options.x} (smoothed: ${options.smoothing})` : options.x, log: options.logx},
      y: {log: options.logy, whole: options.whole},
      lines: curves.filter(curve => curve.tag === tag && !hidden.has(curve.key))
        .flatMap(curve => linesOf(curve, options)).filter(line => line.x.length)}));
    const missing = curves.length && !curves.some(curve => curve[options.x] || curve.runs.some(run => run[options.x]));
    note.textContent = missing ? `These curves have no ${options.x}: their runs do not record enough for it.` : told;
    problems.replaceChildren(...(found.problems || []).slice(0, 20)
      .map(line => element("p", {class: "warning"}, line)));
  }

  context.onState(refresh);
  return {element: place, show: refresh, hide() {}};
}

function settings(context) {
  const x = context.option("curves.x", "step"), smoothing = Number(context.option("curves.smoothing", 0));
  return {x: AXES.some(([axis]) => axis === x) ? x : "step", logx: context.option("curves.logx", false) === true,
    logy: context.option("curves.logy", false) === true, whole: context.option("curves.whole", false) === true,
    each: context.option("curves.each", false) === true,
    smoothing: smoothing > 0 && smoothing < 1 ? smoothing : 0};
}

function tagsOf(context, runs) {
  const all = [...new Set(runs.flatMap(run => run.tags))];
  const wanted = context.option("curves.tags", null);
  const first = all.filter(tag => FIRST.includes(metricOf(tag)));
  const chosen = Array.isArray(wanted) ? all.filter(tag => wanted.includes(tag))
    : first.length ? first : all.slice(0, 4);
  return {all, chosen};
}

function drawBar(bar, context, tags) {
  const options = settings(context), focused = document.activeElement?.dataset?.option;
  const set = (name, value) => context.update({[`curves.${name}`]: value});
  const box = (name, text) => check(text, options[name], on => set(name, on), {"data-option": name});
  const lines = menu("Curves", bar.querySelector("details")?.open || false, tags.all.map(tag =>
    check(tag, tags.chosen.includes(tag), on => set("tags",
      tags.all.filter(name => name === tag ? on : tags.chosen.includes(name))),
    {"data-option": `tag ${tag}`})));
  const slider = element("input", {type: "range", min: "0", max: "0.99", step: "0.01",
    value: options.smoothing, "data-option": "smoothing", onchange: () => set("smoothing", Number(slider.value))});
  bar.replaceChildren(choice("against", AXES, options.x, value => set("x", value)),
    box("logx", "log x"), box("logy", "log y"), box("each", "every run"),
    element("span", {title: "else the y axis leaves out what came in the first twentieth"},
      box("whole", "whole y range")),
    element("label", {class: "choice"}, element("span", {}, `smoothing ${options.smoothing || "off"}`), slider), lines);
  if (focused) bar.querySelector(`[data-option="${CSS.escape(focused)}"]`)?.focus();
}

function drawKeys(parent, context, curves, hidden, onChange) {
  const groups = new Map();
  for (const curve of curves)
    groups.set(curve.key, {label: curve.label, n: Math.max(curve.n, groups.get(curve.key)?.n || 0)});
  const focused = document.activeElement?.dataset?.key;
  parent.replaceChildren(...[...groups].map(([key, {label, n}]) => {
    const words = n > 1 ? `${label} (mean ± standard deviation of ${n})` : label;
    const made = button("", () => { hidden.has(key) ? hidden.delete(key) : hidden.add(key); onChange(); },
      {"aria-pressed": String(!hidden.has(key)), "data-key": key, title: "show or hide"});
    made.append(swatch(context.colours, key), words);
    return made;
  }));
  if (focused) parent.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus();
}

// The lines of a group: its mean with a band, and its runs below where these are wanted.
function linesOf(curve, options) {
  const smooth = values => smoothed((values || []).map(numeric), options.smoothing);
  const several = curve.n > 1, lines = [];
  const mean = smooth(curve.mean), spread = smooth(curve.deviation);
  if (several && curve[options.x]) {
    const banded = spread.length === mean.length;
    lines.push({id: curve.key, key: curve.key, goes: curve.key, text: `${curve.label}, mean of ${curve.n}`,
      x: curve[options.x].map(numeric), y: mean, low: banded ? mean.map((m, i) => m - spread[i]) : null,
      high: banded ? mean.map((m, i) => m + spread[i]) : null,
      say: i => `${metric(mean[i])}${isNumber(spread[i]) ? ` ± ${deviation(spread[i])}` : ""}`});
  }
  const alone = !several || options.each || !mean.length;
  for (const run of alone ? curve.runs : []) {
    const values = smooth(run.value);
    if (run[options.x]) lines.push({id: `${curve.key} ${run.name}`, key: curve.key, goes: run.name,
      text: run.name, thin: several, x: run[options.x].map(numeric), y: values, say: i => metric(values[i])});
  }
  return lines;
}

// The exponential moving average of TensorBoard, corrected for its start.
function smoothed(values, weight) {
  if (!weight) return values;
  let last = 0, n = 0;
  return values.map(value => {
    if (!Number.isFinite(value)) return value;
    last = last * weight + (1 - weight) * value;
    n++;
    return last / (1 - weight ** n);
  });
}
