// The page: a section for each experiment, with its table, verdicts, legend and charts.

const data = JSON.parse(byId("data").textContent);
const MANY = 4;  // so many further charts stay open
const ALL = 12;  // so many entries of a legend need no buttons for all of them

function key(parent, index) {
  const svg = element(parent, "svg", {class: "key", viewBox: "0 0 24 8", "aria-hidden": "true"});
  element(svg, "path", {style: color(index), d: "M0,4H24", "stroke-dasharray": dash(index)});
}

function drawTable(section, sortBy, down) {
  section.table.replaceChildren();
  const head = element(element(section.table, "thead"), "tr");
  section.columns.forEach((name, column) => {
    const cell = element(head, "th", {scope: "col", ...(name === "note" ? {class: "words"} : {})});
    if (column === sortBy) cell.setAttribute("aria-sort", down ? "descending" : "ascending");
    const button = element(cell, "button", {type: "button"});
    for (const part of name.split(/(?<=[/_])/)) {  // a long name may break here
      button.append(part);
      element(button, "wbr");
    }
    button.onclick = () => {
      drawTable(section, column, column === sortBy && !down);
      section.table.querySelectorAll("th button")[column].focus();
    };
  });
  const order = section.rows.map((_, index) => index);
  if (sortBy !== undefined) {
    const value = index => section.rows[index][sortBy].value;
    const missing = index => value(index) === null || value(index) === "NaN";
    order.sort((a, b) => missing(a) - missing(b) || (down ? -1 : 1) *
      (typeof value(a) === "number" && typeof value(b) === "number" ? value(a) - value(b)
        : String(value(a)).localeCompare(String(value(b)), "en", {numeric: true})));
  }
  const body = element(section.table, "tbody");
  for (const index of order) {
    const line = element(body, "tr");
    section.rows[index].forEach((cell, column) => {
      const made = element(line, "td", section.columns[column] === "note" ? {class: "words"} : {});
      if (!column && section.drawn.has(index)) key(made, index);
      element(made, "span", {}, cell.text);
    });
  }
}

function drawVerdicts(parent, verdicts) {
  element(parent, "h3", {}, "Verdicts");
  element(parent, "p", {}, verdicts.lead);
  if (verdicts.rows.length) {
    const scroll = element(parent, "div", {class: "scroll", tabindex: 0, role: "region",
      "aria-label": "Verdicts"});
    const table = element(scroll, "table");
    const head = element(element(table, "thead"), "tr");
    verdicts.columns.forEach((name, i) => element(head, "th",
      {scope: "col", ...(i < 2 ? {class: "words"} : {})}, name));
    const body = element(table, "tbody");
    for (const row of verdicts.rows) {
      const line = element(body, "tr");
      row.forEach((text, i) => element(line, "td",
        i < 2 ? {class: "words"} : {}, text));
    }
  }
  for (const note of verdicts.notes) element(parent, "p", {class: "quiet"}, note);
}

function highlight(section, index, on) {
  section.charts.classList.toggle("dim", on);
  for (const path of section.charts.querySelectorAll("path[data-group]"))
    path.classList.toggle("lit", on && path.dataset.index === String(index));
}

function drawLegend(parent, section) {
  const legend = element(parent, "fieldset", {class: "legend"});
  element(legend, "legend", {class: "unseen"}, "Curves shown");
  const boxes = [];
  if (section.drawn.size > ALL) {
    const buttons = element(legend, "div", {class: "buttons"});
    for (const [name, on] of [["show all", true], ["hide all", false]])
      element(buttons, "button", {type: "button"}, name).onclick = () => {
        section.hidden = new Set(on ? [] : section.drawn);
        for (const box of boxes) box.checked = on;
        drawCharts(section);
      };
  }
  for (const index of section.drawn) {
    const group = section.groups[index], label = element(legend, "label");
    const box = element(label, "input", {type: "checkbox"});
    box.checked = true;
    boxes.push(box);
    box.onchange = () => {
      box.checked ? section.hidden.delete(index) : section.hidden.add(index);
      drawCharts(section);
    };
    key(label, index);
    element(label, "span", {}, group.n > 1 ? `${group.label} (n = ${group.n})` : group.label);
    label.onpointerenter = label.onfocusin = () => highlight(section, index, true);
    label.onpointerleave = label.onfocusout = () => highlight(section, index, false);
  }
}

// Charts in a closed <details> are drawn when it opens.
function drawCharts(section) {
  section.main.replaceChildren();
  for (const tag of section.first) drawChart(section.main, section, tag);
  section.others.replaceChildren();
  if (section.more && !section.more.open) return;
  for (const tag of section.rest) drawChart(section.others, section, tag);
}

function drawSection(section, place) {
  const parent = element(byId("sections"), "section", {id: `section${place}`});
  if (data.sections.length > 1)
    element(byId("contents"), "a", {href: `#section${place}`}, section.title);
  section.hidden = new Set();
  section.drawn = new Set([...section.groups.keys()]
    .filter(index => Object.keys(section.groups[index].curves).length));
  element(parent, "h2", {}, section.title);
  section.table = element(element(parent, "div", {class: "scroll", tabindex: 0, role: "region",
    "aria-label": `Table of ${section.title}`}), "table");
  drawTable(section);
  for (const text of section.lines) element(parent, "p", {class: "quiet"}, text);
  drawVerdicts(parent, section.verdicts);
  if (!section.drawn.size) return;
  element(parent, "h3", {}, "Curves");
  if (data.note) element(parent, "p", {class: "quiet"}, data.note);
  if (section.drawn.size > 1) drawLegend(parent, section);
  section.charts = element(parent, "div");
  section.main = element(section.charts, "div", {class: "charts"});
  let holder = section.charts;
  if (section.first.length && section.rest.length > MANY) {
    section.more = holder = element(section.charts, "details");
    element(holder, "summary", {}, `${section.rest.length} more charts`);
    holder.ontoggle = () => drawCharts(section);
  }
  section.others = element(holder, "div", {class: "charts"});
  drawCharts(section);
}

for (const fact of data.facts) element(byId("facts"), "p", {class: fact.warn ? "warn" : "quiet"}, fact.text);
for (const id of ["x", "logx", "logy", "start", "each"])
  byId(id).onchange = () => data.sections.filter(s => s.main).forEach(drawCharts);
byId("each").parentNode.hidden = !data.note;
data.sections.forEach(drawSection);
