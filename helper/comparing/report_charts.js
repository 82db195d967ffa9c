"use strict";
// One chart: scales, axes, lines, bands, and what the pointer or the arrow keys read off.

const COLORS = 7, DASHES = ["", "7 3", "2 3", "9 3 2 3", "1 2"];
const WIDTH = 600, HEIGHT = 340, LEFT = 58, RIGHT = 24, TOP = 10, BOTTOM = 40;
const FAR = 20;  // as in ranges.py
const byId = id => document.getElementById(id);

function element(parent, name, attributes = {}, text) {
  const svg = parent.namespaceURI.endsWith("svg") || name === "svg";
  const made = svg ? document.createElementNS("http://www.w3.org/2000/svg", name)
                   : document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text !== undefined) made.textContent = text;
  return parent.appendChild(made);
}

// Numbers that JSON cannot hold arrive as text: "NaN", "Infinity".
const numbers = list => list.map(Number);
const shown = value => Number.isInteger(value) ? value.toLocaleString("en") :
  Number(value.toPrecision(5)).toString();

const color = index => `stroke:var(--c${index % COLORS})`;
const dash = index => DASHES[Math.floor(index / COLORS) % DASHES.length];

function ticks(low, high, log) {
  if (log) {
    const found = [];
    for (let e = Math.floor(low); e <= Math.ceil(high); e++)
      for (const m of high - low > 3 ? [1] : [1, 2, 5]) {
        const at = e + Math.log10(m);
        if (at >= low && at <= high) found.push(at);
      }
    if (found.length > 1) return found;
    return [0, 1, 2, 3].map(i => low + (high - low) * i / 3);  // less than a decade
  }
  const raw = (high - low) / 7, power = 10 ** Math.floor(Math.log10(raw));
  const size = [1, 2, 5, 10].map(m => m * power).find(s => s >= raw);
  const found = [];
  for (let i = Math.ceil(low / size - 1e-9); i * size <= high + 1e-9 * size; i++) found.push(i * size);
  return found;
}

function extent(values, map) {
  let low = Infinity, high = -Infinity;
  for (const value of values) {
    const at = map(value);
    if (Number.isFinite(at)) { low = Math.min(low, at); high = Math.max(high, at); }
  }
  return [low, high];
}

function scale([low, high], log, from, to) {
  const map = log ? Math.log10 : v => v;
  if (low > high) [low, high] = [0, 1];
  if (low === high) [low, high] = [low - .5, high + .5];
  const at = value => from + (map(value) - low) / (high - low) * (to - from);
  return {at, low, high, log, ticks: ticks(low, high, log)};
}

// A curve without its beginning, where an untrained network learns so fast that all the rest would
// look flat: see ranges.py.
function afterBeginning({x, values}, logx) {
  if (byId("start").checked) return values;
  const end = .02 * x.reduce((most, at) => Math.max(most, at), 0);
  const early = logx ? 1 : Math.max(1, x.filter(at => at < end).length);
  return values.slice(Math.min(early, Math.max(values.length - 2, 0)));
}

// The range of the y axis. Each list is a curve; that of a diverged run has aside set.
function yRange(lists, log, logx) {
  const map = log ? Math.log10 : v => v;
  const counted = lists.filter(list => !list.aside);
  const ranges = (counted.length ? counted : lists)
    .map(list => extent(afterBeginning(list, logx), map))
    .filter(([low, high]) => low <= high);
  const back = v => Math.abs(log ? 10 ** v : v);
  const size = ([low, high]) => Math.max(back(low), back(high));
  const sizes = ranges.map(size).sort((a, b) => a - b);
  const limit = FAR * sizes[Math.floor((sizes.length - 1) / 2)];
  const kept = ranges.filter(range => size(range) <= limit);
  const [low, high] = extent(kept.flat(), v => v), air = .04 * (high - low);
  return low < high ? [low - air, high + air] : [low, high];
}

// A value that is not finite (or not positive on a log axis) breaks the line. What is far outside
// of the picture stays near it: browsers draw coordinates of 10^9 wrongly.
const near = at => Math.min(Math.max(at, -9999), 9999).toFixed(3);
function line(xs, ys, x, y) {
  const parts = [];
  let pen = "M";
  for (let i = 0; i < xs.length; i++) {
    const px = x.at(xs[i]), py = y.at(ys[i]);
    if (!Number.isFinite(px) || !Number.isFinite(py)) { pen = "M"; continue; }
    parts.push(`${pen}${near(px)},${near(py)}`);
    pen = "L";
  }
  return parts.join("");
}

function band(xs, low, high, x, y) {
  const keep = xs.map((_, i) => i).filter(i => Number.isFinite(x.at(xs[i])) &&
    Number.isFinite(y.at(low[i])) && Number.isFinite(y.at(high[i])));
  if (!keep.length) return "";
  const up = keep.map(i => `${near(x.at(xs[i]))},${near(y.at(high[i]))}`);
  const down = keep.reverse().map(i => `${near(x.at(xs[i]))},${near(y.at(low[i]))}`);
  return `M${up.concat(down).join("L")}Z`;
}

function drawAxes(svg, x, y, name) {
  const value = (scale, at) => shown(Number((scale.log ? 10 ** at : at).toPrecision(4)));
  const base = HEIGHT - BOTTOM;
  for (const at of y.ticks) {
    const py = base - (at - y.low) / (y.high - y.low) * (base - TOP);
    element(svg, "line", {class: "grid", x1: LEFT, x2: WIDTH - RIGHT, y1: py, y2: py});
    element(svg, "text", {x: LEFT - 5, y: py + 4, "text-anchor": "end"}, value(y, at));
  }
  for (const at of x.ticks) {
    const px = LEFT + (at - x.low) / (x.high - x.low) * (WIDTH - RIGHT - LEFT);
    element(svg, "line", {class: "grid", x1: px, x2: px, y1: TOP, y2: base});
    element(svg, "text", {x: px, y: base + 16, "text-anchor": "middle"}, value(x, at));
  }
  element(svg, "path", {class: "axis", d: `M${LEFT},${TOP}V${base}H${WIDTH - RIGHT}`});
  element(svg, "text", {x: (LEFT + WIDTH) / 2, y: HEIGHT - 4, "text-anchor": "middle"}, name);
}

function collected(section, tag, kind) {
  const each = byId("each").checked;
  return section.groups.map((group, index) => ({group, index}))
    .filter(({group, index}) => Object.hasOwn(group.curves, tag) && !section.hidden.has(index))
    .map(({group, index}) => {
      const found = group.curves[tag], mean = numbers(found.mean);
      const spread = found.deviation.length ? numbers(found.deviation) : mean.map(() => 0);
      return {group, index, x: numbers(found[kind]), mean, spread, several: found.deviation.length > 0,
        low: mean.map((m, i) => m - spread[i]), high: mean.map((m, i) => m + spread[i]),
        runs: each && found.runs ? found.runs.map(run =>
          ({x: numbers(run[kind]), values: numbers(run.value), aside: run.aside})) : []};
    });
}

let clips = 0;
function drawChart(parent, section, tag) {
  const kind = byId("x").value, logx = byId("logx").checked, logy = byId("logy").checked;
  const figure = element(parent, "section", {class: "chart"});
  element(figure, "h4", {}, tag);
  const curves = collected(section, tag, kind);
  const lists = curves.flatMap(curve => [
    ...(curve.several ? [curve.low, curve.high] : []).concat([curve.mean])
      .map(values => ({x: curve.x, values, aside: curve.group.aside})), ...curve.runs]);
  const base = HEIGHT - BOTTOM, map = logx ? Math.log10 : v => v;
  const ends = curves.flatMap(c => [extent(c.x, map), ...c.runs.map(run => extent(run.x, map))]);
  const x = scale(extent(ends.flat(), v => v), logx, LEFT, WIDTH - RIGHT);
  const y = scale(yRange(lists, logy, logx), logy, base, TOP);
  const svg = element(figure, "svg", {class: "plot", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img",
    tabindex: 0, "aria-label": `${tag} against ${kind}; arrow keys read values`, "data-tag": tag,
    "data-x": `${x.low} ${x.high}`, "data-y": `${y.low} ${y.high}`,
    "data-box": `${LEFT} ${WIDTH - RIGHT} ${base} ${TOP}`});
  const clip = `clip${clips++}`;
  element(element(svg, "clipPath", {id: clip}), "rect",
    {x: LEFT - 1, y: TOP - 1, width: WIDTH - RIGHT - LEFT + 2, height: base - TOP + 2});
  drawAxes(svg, x, y, kind);
  const inside = element(svg, "g", {"clip-path": `url(#${clip})`});
  for (const curve of curves) {
    const name = {"data-group": curve.group.name, "data-index": curve.index};
    const style = color(curve.index);
    if (curve.several)
      element(inside, "path", {...name, class: "band", style: style.replace("stroke", "fill"),
        d: band(curve.x, curve.low, curve.high, x, y)});
    for (const run of curve.runs)
      element(inside, "path", {...name, class: "run", style, d: line(run.x, run.values, x, y)});
  }
  for (const curve of curves)
    element(inside, "path", {"data-group": curve.group.name, "data-index": curve.index,
      class: "mean",
      style: color(curve.index), "stroke-dasharray": dash(curve.index),
      d: line(curve.x, curve.mean, x, y)});
  addReadout(figure, svg, curves.filter(curve => curve.x.length), x);
}

function addReadout(figure, svg, curves, x) {
  const readout = element(figure, "div", {class: "readout", "aria-live": "polite"});
  const guide = element(svg, "line", {class: "guide", y1: TOP, y2: HEIGHT - BOTTOM, visibility: "hidden"});
  const nearest = (curve, at) => curve.x.reduce((best, v, i) =>
    Math.abs(x.at(v) - at) < Math.abs(x.at(curve.x[best]) - at) ? i : best, 0);
  let place = 0;
  const show = at => {
    if (!curves.length) return;
    place = x.at(curves[0].x[nearest(curves[0], at)]);
    guide.setAttribute("x1", place); guide.setAttribute("x2", place);
    guide.setAttribute("visibility", "visible");
    readout.textContent = curves.map(curve => {
      const i = nearest(curve, at);
      return `${curve.group.label} @ ${shown(curve.x[i])}: ${shown(curve.mean[i])}` +
        (curve.several ? ` ± ${shown(curve.spread[i])}` : "");
    }).join("  ·  ");
  };
  const clear = () => { guide.setAttribute("visibility", "hidden"); readout.textContent = ""; };
  svg.onpointerleave = svg.onblur = clear;
  svg.onpointermove = event => {
    const box = svg.getBoundingClientRect();
    show((event.clientX - box.left) / box.width * WIDTH);
  };
  svg.onkeydown = event => {
    const step = {ArrowLeft: -1, ArrowRight: 1}[event.key];
    if (!step || !curves.length) return;
    event.preventDefault();
    const xs = curves[0].x, i = nearest(curves[0], place) + (readout.textContent ? step : 0);
    show(x.at(xs[Math.min(Math.max(i, 0), xs.length - 1)]));
  };
}
