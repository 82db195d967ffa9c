// A confusion matrix as a table of buttons: true classes down, said classes across. In a difference
// the colour says which of two runs is better at it.

import {element} from "./dom.js";

// picked(i, j) is called with the true and the said class of a cell.
export function createMatrix(picked) {
  const table = element("table", {class: "matrix"});
  let focus = [0, 0], chosen = null;
  table.addEventListener("keydown", event => {
    const way = {ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0]}[event.key];
    const next = way && cell(focus[0] + way[0], focus[1] + way[1]);
    if (!next) return;
    event.preventDefault();
    next.focus();
  });
  table.addEventListener("focusin", event => {
    if (!event.target.dataset.place) return;
    cell(...focus).tabIndex = -1;
    focus = event.target.dataset.place.split(",").map(Number);
    event.target.tabIndex = 0;
  });
  const cell = (i, j) => table.querySelector(`[data-place="${i},${j}"]`);

  function mark(place) {
    table.querySelector("[aria-pressed=true]")?.setAttribute("aria-pressed", "false");
    chosen = place;
    if (place) cell(...place)?.setAttribute("aria-pressed", "true");
  }

  return {
    element: table,
    mark,
    // counts: [true][said]; other: the same of a second run, to show the difference, or null;
    // gains: what the last column says of each class, null: how many are right.
    show(classes, counts, other, caption, gains = null) {
      if (focus[0] >= classes.length) focus = [0, 0];
      const values = other ? counts.map((row, i) => row.map((n, j) => other[i][j] - n)) : counts;
      const largest = Math.max(1, ...values.flatMap((row, i) =>
        row.map((n, j) => i === j && !other ? 0 : Math.abs(n))));
      const head = element("tr", {}, element("th", {class: "corner", scope: "col"}, "true ↓  said →"),
        classes.map(name => element("th", {scope: "col"}, name)),
        element("th", {scope: "col", class: "share"}, "right"));
      const rows = values.map((row, i) => element("tr", {},
        element("th", {scope: "row"}, classes[i]),
        row.map((n, j) => element("td", {}, button(classes, counts, other, largest, i, j, n))),
        element("td", {class: "share"}, gains ? gains[i] : share(counts, other, i))));
      table.replaceChildren(element("caption", {}, caption), element("thead", {}, head),
        element("tbody", {}, rows));
      cell(...focus).tabIndex = 0;
      mark(chosen);
    },
  };

  function button(classes, counts, other, largest, i, j, n) {
    const words = other ? `${plain(counts[i][j])} in A, ${plain(other[i][j])} in B` : `${plain(n)} images`;
    const made = element("button", {type: "button", tabindex: -1, "data-place": `${i},${j}`,
      "aria-pressed": "false", class: tone(i === j, other, n), onclick: () => picked(i, j),
      "aria-label": `true ${classes[i]}, said ${classes[j]}: ${words}`,
      title: `true ${classes[i]}, said ${classes[j]}: ${words}`}, text(n, Boolean(other)));
    made.style.setProperty("--strength", `${strength(n, i === j && !other ? Infinity : largest)}%`);
    return made;
  }
}

const strength = (n, largest) =>
  largest === Infinity || !n ? 0 : 8 + 52 * Math.sqrt(Math.abs(n) / largest);

function tone(diagonal, other, n) {
  if (!n) return "none";
  if (!other) return diagonal ? "right" : "wrong";
  return (n > 0) === diagonal ? "better" : "worse";
}

// A mean over runs with one decimal.
const plain = n => Number.isInteger(n) || n >= 100 ? Math.round(n).toLocaleString("en") : n.toFixed(1);

const text = (n, signed) => !n ? "·" : signed ? `${n > 0 ? "+" : "−"}${plain(Math.abs(n))}` : plain(n);

function share(counts, other, i) {
  const total = sum(counts[i]);
  if (!total) return "–";
  if (!other) return `${(100 * counts[i][i] / total).toFixed(1)} %`;
  return text(other[i][i] - counts[i][i], true);
}

const sum = row => row.reduce((a, b) => a + b, 0);

// How many are right: [in all, of each true class].
export function rights(counts) {
  const each = counts.map((row, i) => row[i]);
  return [sum(each), each];
}

// Which run gets more right, and at which classes: a sentence. names: of the two runs.
export function whoIsBetter(classes, counts, other) {
  const [[a, ofA], [b, ofB]] = [rights(counts), rights(other)];
  const total = sum(counts.flat()), of = n => n.toLocaleString("en");
  if (a === b) return `A and B get ${of(a)} of ${of(total)} right each.`;
  const [winner, more] = a > b ? ["A", a - b] : ["B", b - a];
  const gains = classes.map((name, i) => [a > b ? ofA[i] - ofB[i] : ofB[i] - ofA[i], name])
    .filter(([gain]) => gain).sort((x, y) => y[0] - x[0]);
  const sign = n => `${n > 0 ? "+" : "−"}${Math.abs(n)}`;
  const ahead = gains.filter(([gain]) => gain > 0).slice(0, 3).map(([gain, name]) => `${name} (${sign(gain)})`);
  const behind = gains.filter(([gain]) => gain < 0).slice(-2).reverse()
    .map(([gain, name]) => `${name} (${sign(gain)})`);
  return `${winner} gets ${of(more)} more right: ${of(b)} in B, ${of(a)} in A, of ${of(total)}. ` +
    `It gains most at ${ahead.join(", ")}` + (behind.length ? ` and loses at ${behind.join(", ")}.` : ".");
}
