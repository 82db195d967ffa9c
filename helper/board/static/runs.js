// All runs: a table to sort, filter, group, unfold and tick.

import {button, check, element, menu, switcher} from "./dom.js";
import {allColumns, firstColumns, sorted, startsDown, statuses} from "./columns.js";
import {count, isNumber} from "./format.js";
import {noRuns} from "./frame.js";
import {createFilter} from "./filter.js";
import {createRecord} from "./record.js";
import {createTable} from "./runs_table.js";

export function create(context) {
  const filter = createFilter(context, () => draw());
  const tools = element("div", {class: "table-tools"}), line = element("p", {class: "quiet count"});
  const table = createTable(context, {
    onSort: column => context.update({sort: nextSort(context.state.sort, column)}),
    onFold: row => toggleFold(context, row),
    detail: run => createRecord(context, run),
  });
  const problems = element("div");
  const full = [element("div", {class: "toolbar"}, filter.element, tools), line, table.element, problems];
  const place = element("div", {class: "view runs-view"});
  let toolsSignature = "";

  function draw() {
    if (!context.runs.runs.length) { place.replaceChildren(noRuns(context)); return; }
    if (place.firstChild !== full[0]) place.replaceChildren(...full);
    const model = createModel(context, filter.names());
    const signature = JSON.stringify([model.grouped, model.columns.map(column => column.key),
      model.every.map(column => column.key)]);
    if (signature !== toolsSignature) drawTools(tools, context, model);
    toolsSignature = signature;
    line.textContent = summary(context, model);
    if (model.rows.length) table.draw(model);
    table.element.hidden = !model.rows.length;
    drawProblems(problems, context.runs.problems || []);
  }

  // Goes to the row of a run, or of a group by its key.
  function reveal() {
    const wanted = context.wanted.run, run = context.run(wanted)
      || context.runs.runs.find(other => other.key === wanted);
    context.wanted.run = null;
    if (!run) return;
    filter.include(run.name);
    const inside = isGrouped(context) && run.name === wanted;
    if (inside) context.update({unfolded: [...new Set([...context.state.unfolded, run.key])]});
    draw();
    table.reveal(wanted) || table.reveal(run.name);
  }

  const show = () => { filter.refresh(); draw(); reveal(); };
  context.onState(() => { filter.refresh(); draw(); });
  return {element: place, show, hide() {}};
}

function nextSort(sort, column) {
  if (!sort || sort.column !== column.key) return {column: column.key, down: startsDown(column)};
  const first = startsDown(column);
  return sort.down === first ? {column: column.key, down: !first} : null;  // the third click: none
}

function toggleFold(context, row) {
  const unfolded = new Set(context.state.unfolded);
  unfolded.has(row.id) ? unfolded.delete(row.id) : unfolded.add(row.id);
  context.update({unfolded: [...unfolded]});
}

function isGrouped(context) {
  if (context.state.grouped !== null) return context.state.grouped;
  return new Set(context.runs.runs.map(run => run.key)).size < context.runs.runs.length;
}

function createModel(context, names) {
  const {runs, state} = context, grouped = isGrouped(context);
  const every = allColumns(runs).filter(column => grouped || column.key !== "n");
  const chosen = new Set(state.columns || firstColumns(runs, grouped));
  const columns = every.filter(column => chosen.has(column.key));
  const shown = runs.runs.filter(run => !names || names.has(run.name));
  const ticked = new Set(state.ticked), unfolded = new Set(state.unfolded);
  const sort = state.sort, by = sort && (every.find(column => column.key === sort.column)
    || {value: row => row.run ? row.run.name : row.label});
  const arranged = list => by ? sorted(list, by, sort.down) : list;
  const finish = (row, depth) => ({...row, depth, open: unfolded.has(row.id),
    ticked: row.runs.filter(run => ticked.has(run.name)).length, best: [],
    text: columns.map(column => column.statuses ? statuses(row).map(s => s.text).join()
      : column.cell(row))});
  const single = run => ({id: run.name, key: run.key, runs: [run], run});
  const top = arranged(grouped ? groupsOf(shown) : shown.map(single)).map(row => finish(row, 0));
  markBest(top, columns);
  const rows = top.flatMap(row => row.run || !row.open ? [row]
    : [row, ...arranged(row.runs.map(single)).map(child => finish(child, 1))]);
  const on = shown.filter(run => ticked.has(run.name)).length;
  return {rows, columns, every, grouped, sort, shown, groups: top.length,
    all: on > 0 && on === shown.length, some: on > 0, names: () => shown.map(run => run.name)};
}

// A group of one run is shown as that run.
function groupsOf(runs) {
  const groups = new Map();
  for (const run of runs) {
    if (!groups.has(run.key)) groups.set(run.key, []);
    groups.get(run.key).push(run);
  }
  return [...groups].map(([key, members]) => members.length === 1
    ? {id: members[0].name, key, runs: members, run: members[0]}
    : {id: key, key, runs: members, run: null, label: members[0].label});
}

// The best value of a metric among the rows of one experiment on the same data: of others, values
// do not compare.
function markBest(rows, columns) {
  const families = new Map();
  for (const row of rows) {
    const name = JSON.stringify([row.runs[0].experiment, row.runs[0].data?.sha256]);
    families.set(name, [...(families.get(name) || []), row]);
  }
  columns.forEach((column, place) => {
    if (typeof column.lower !== "boolean") return;
    for (const family of families.values()) {
      const values = family.map(row => column.value(row)).filter(isNumber);
      if (values.length < 2) continue;
      const best = column.lower ? Math.min(...values) : Math.max(...values);
      for (const row of family) row.best[place] = column.value(row) === best;
    }
  });
}

function summary(context, model) {
  const all = context.runs.runs.length, shown = model.shown.length;
  const runs = shown === all ? count(all, "run") : `${shown} of ${count(all, "run")}`;
  if (!model.rows.length) return "No run fits this filter.";
  return model.grouped ? `${runs} in ${count(model.groups, "group")}: runs that differ in nothing `
    + "but the seed are one row, mean ± standard deviation" : runs;
}

function drawTools(parent, context, model) {
  const open = parent.querySelector("details")?.open || false;
  const chosen = new Set(model.columns.map(column => column.key));
  const set = (key, on) => {
    on ? chosen.add(key) : chosen.delete(key);
    context.update({columns: model.every.map(c => c.key).filter(k => chosen.has(k))});
  };
  const boxes = model.every.map(column => check(column.title, chosen.has(column.key),
    on => set(column.key, on), {"data-column": column.key}));
  const focused = document.activeElement?.dataset?.column;
  const columns = menu("Columns", open, boxes,
    button("As at first", () => context.update({columns: null}), {class: "plain"}));
  parent.replaceChildren(switcher("Rows", [["groups", "Groups of seeds"], ["runs", "Every run"]],
    model.grouped ? "groups" : "runs", value => context.update({grouped: value === "groups"})), columns);
  if (focused) parent.querySelector(`[data-column="${CSS.escape(focused)}"]`)?.focus();
}

function drawProblems(parent, problems) {
  const signature = JSON.stringify(problems);
  if (parent.dataset.shown === signature) return;
  parent.dataset.shown = signature;
  const most = 20;
  parent.replaceChildren(...(problems.length ? [element("details", {class: "problems"},
    element("summary", {}, count(problems.length, "problem")),
    problems.slice(0, most).map(line => element("p", {class: "warning"}, line)),
    problems.length > most ? element("p", {class: "quiet"}, `and ${problems.length - most} more`) : "")] : []));
}
