// The table of runs and groups. A row is made again only if it would look different, so that
// focus, scroll and what is unfolded stay as they are while runs train.

import {button, element, swatch} from "./dom.js";

const MORE = 250;  // rows at once; the next ones follow when the end comes into sight

export function createTable(context, {onSort, onFold, detail}) {
  const head = element("thead"), body = element("tbody");
  const table = element("table", {class: "runs"}, head, body);
  const end = element("div", {class: "end"});
  const place = element("div", {class: "table", tabindex: "0", role: "region",
    "aria-label": "Table of runs"}, table, end);
  const made = new Map();
  let limit = MORE, drawn = null, headSignature = "";

  const draw = model => {
    drawn = model;
    const signature = JSON.stringify([model.columns.map(column => column.key), model.sort,
      model.all, model.some]);
    if (signature !== headSignature) drawHead(head, model, context, onSort);
    headSignature = signature;
    const shown = model.rows.slice(0, limit);
    arrange(body, shown.flatMap(row => rowNodes(row, model)));
    end.textContent = model.rows.length > limit ? `${model.rows.length - limit} more rows` : "";
  };

  const rowNodes = (row, model) => {
    const signature = JSON.stringify([row.depth, row.open, row.ticked, row.text, row.best, headSignature,
      context.colours.of(row.key)]);
    let known = made.get(row.id);
    if (!known || known.signature !== signature) {
      const node = drawRow(row, model, context, onFold);
      if (known) keepFocus(known.node, node);
      known = {signature, node, detail: known?.detail};
      made.set(row.id, known);
    }
    if (!row.run || !row.open) { known.detail = null; return [known.node]; }
    known.detail ||= detailRow(detail(row.run), row.run);
    known.detail.update(row.run, model.columns.length + 2);
    return [known.node, known.detail.node];
  };

  new IntersectionObserver(entries => {
    if (!drawn || limit >= drawn.rows.length || !entries.some(entry => entry.isIntersecting)) return;
    limit += MORE;
    draw(drawn);
  }, {root: place, rootMargin: "600px"}).observe(end);

  return {
    element: place, draw,
    // Scrolls to a row and marks it for a moment.
    reveal(id) {
      const index = drawn.rows.findIndex(row => row.id === id);
      if (index < 0) return false;
      if (index >= limit) { limit = index + MORE; draw(drawn); }
      const node = made.get(id).node;
      node.scrollIntoView({block: "center"});
      node.classList.add("revealed");
      setTimeout(() => node.classList.remove("revealed"), 2500);
      node.querySelector(".fold").focus({preventScroll: true});
      return true;
    },
  };
}

// The row below a row. Its content is read again when the run has changed.
function detailRow(content, first) {
  const cell = element("td", {}, content.element);
  let before = JSON.stringify(first);
  return {node: element("tr", {class: "detail"}, cell), update(run, columns) {
    cell.colSpan = columns;
    const now = JSON.stringify(run);
    if (now !== before) content.refresh(run);
    before = now;
  }};
}

// Puts these nodes in, in this order; those that are in place are not touched.
function arrange(parent, nodes) {
  const kept = new Set(nodes);
  for (const child of [...parent.children]) if (!kept.has(child)) child.remove();
  let at = parent.firstChild;
  for (const node of nodes) {
    if (node === at) at = at.nextSibling;
    else parent.insertBefore(node, at);
  }
}

function keepFocus(before, after) {
  const focused = [...before.querySelectorAll("button, input")].indexOf(document.activeElement);
  if (focused >= 0) requestAnimationFrame(() =>
    after.querySelectorAll("button, input")[focused]?.focus({preventScroll: true}));
}

function drawHead(head, model, context, onSort) {
  const box = element("input", {type: "checkbox", checked: model.all,
    indeterminate: model.some && !model.all, "aria-label": "Tick all rows that are shown",
    onchange: () => context.tick(model.names(), box.checked)});
  head.replaceChildren(element("tr", {}, element("th", {class: "tick", scope: "col"}, box),
    element("th", {class: "name", scope: "col"}, sortButton(
      {key: "name", title: "run"}, model, onSort)),
    model.columns.map(column => {
      const own = model.sort?.column === column.key;
      return element("th", {scope: "col", class: kind(column), title: column.hint || null,
        "aria-sort": own ? model.sort.down ? "descending" : "ascending" : null},
      sortButton(column, model, onSort));
    })));
}

function sortButton(column, model, onSort) {
  const parts = column.title.split(/(?<=[/_])/);  // a long name may break here
  return button("", () => onSort(column), {}, ).appendChild(
    element("span", {}, parts.flatMap(part => [part, element("wbr")]))).parentNode;
}

const kind = column => column.words ? "words" : column.numeric ? "number" : "";

function drawRow(row, model, context, onFold) {
  const names = row.runs.map(run => run.name), label = row.run ? row.run.name : row.label;
  const box = element("input", {type: "checkbox", checked: row.ticked === names.length,
    indeterminate: row.ticked > 0 && row.ticked < names.length, "aria-label": `Tick ${label}`,
    onchange: () => context.tick(names, box.checked)});
  const fold = button("", () => onFold(row), {class: "fold", "aria-expanded": String(row.open),
    title: row.run ? "its record" : "its runs"});
  fold.append(element("span", {class: "mark", "aria-hidden": "true"}, "▸"),
    swatch(context.colours, row.key), element("span", {class: "label"}, label));
  return element("tr", {class: row.run ? `run depth${row.depth}` : "group",
    "data-name": row.run ? row.run.name : null, "data-key": row.key},
  element("td", {class: "tick"}, box), element("th", {scope: "row", class: "name"}, fold),
  model.columns.map((column, place) => column.statuses
    ? element("td", {}, column.statuses(row).map(({status, text}) =>
      element("span", {class: `status ${/^[a-z]+$/.test(status) ? status : ""}`}, text)))
    : element("td", {class: `${kind(column)}${row.best[place] ? " best" : ""}`,
      title: row.best[place] ? `best of ${row.runs[0].experiment}` : column.words ? row.text[place] : null},
      column.words ? element("div", {}, row.text[place]) : row.text[place])));
}
