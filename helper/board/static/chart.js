// One chart: lines with bands, which can be pointed at, walked along with the arrow keys and
// clicked.

import {element, svg} from "./dom.js";
import {digits} from "./format.js";
import {bandPath, extent, path, scale} from "./scale.js";

const HEIGHT = 270, LEFT = 52, RIGHT = 22, TOP = 8, BOTTOM = 36, REACH = 36;

/* title; x: {title, log}; y: {log, whole}; lines: [{id, key, text, x, y, low, high, thin, say(i)}].
   A thin line is one run below its group's mean. say(i): what a reader is told about point i.
   onPick(line): a line was clicked. */
export function createChart(context, title, onPick) {
  const drawing = svg("svg", {tabindex: "0", role: "img", height: String(HEIGHT)});
  const tip = element("div", {class: "tip", hidden: true});
  const place = element("figure", {class: "chart", "data-tag": title},
    element("h3", {}, title), drawing, tip);
  let spec = null, geometry = null, places = [], lit = null;

  function draw(next) {
    spec = next;
    const width = Math.round(drawing.getBoundingClientRect().width) || 560;
    geometry = layout(spec, width);
    places = spec.lines.map(line => ({line, xs: line.x.map(geometry.x.at), ys: line.y.map(geometry.y.at)}));
    drawing.setAttribute("viewBox", `0 0 ${width} ${HEIGHT}`);
    drawing.setAttribute("aria-label", `${title} against ${spec.x.title}: ${spec.lines.length} lines. `
      + "Left and right arrows walk along a line, up and down change it, Enter goes to its row.");
    drawing.replaceChildren(...axes(geometry, spec, width), ...marks(context, spec, geometry, width, title));
    lit = null;
    tip.hidden = true;
  }

  function light(hit, spoken) {
    lit = hit;
    tip.hidden = !hit;
    drawing.style.cursor = hit ? "pointer" : "";
    for (const node of drawing.querySelectorAll("[data-line]")) {
      const own = hit && node.dataset.line === hit.line.id;
      node.classList.toggle("lit", Boolean(own) && !node.classList.contains("band"));
      node.classList.toggle("faded", Boolean(hit) && !own && node.dataset.key !== hit.line.key);
    }
    const dot = drawing.querySelector(".dot");
    dot.setAttribute("visibility", hit ? "visible" : "hidden");
    if (!hit) return;
    dot.setAttribute("cx", hit.px);
    dot.setAttribute("cy", hit.py);
    dot.style.fill = context.colours.of(hit.line.key);
    const said = [hit.line.text, `${spec.x.title} ${digits(hit.line.x[hit.i], 5)}: ${hit.line.say(hit.i)}`];
    tip.replaceChildren(...said.map(text => element("p", {}, text)));
    moveTip(tip, drawing, hit);
    if (spoken) context.announce(said.join(", "));
  }

  drawing.onpointermove = event => {
    const box = drawing.getBoundingClientRect();
    light(nearest(places, geometry, event.clientX - box.left, event.clientY - box.top));
  };
  drawing.onpointerleave = drawing.onblur = () => light(null);
  drawing.onclick = () => lit && onPick(lit.line);
  drawing.onkeydown = event => {
    if (event.key === "Enter" && lit) return onPick(lit.line);
    const hit = walk(spec.lines, geometry, lit, event.key);
    if (!hit) return;
    event.preventDefault();
    light(hit, true);
  };
  let before = 0;
  new ResizeObserver(() => {
    const width = Math.round(drawing.getBoundingClientRect().width);
    if (spec && width && width !== before) draw(spec);
    before = width;
  }).observe(drawing);
  return {element: place, draw};
}

// The first evaluations, of a network that has hardly learnt, would set the range of the y axis for
// all others: on a linear axis, what lies in the first twentieth counts only where it is wanted.
const EARLY = 0.05;
function counted(line, values, spec, end) {
  if (spec.y.whole || spec.x.log) return values;
  const late = values.filter((_, i) => line.x[i] >= EARLY * end);
  return late.length > 2 ? late : values;
}

function layout(spec, width) {
  const {lines, x, y} = spec, xs = extent(lines.map(line => line.x), x.log);
  const bounds = lines.flatMap(line => [line.y, line.low, line.high].filter(Boolean)
    .map(values => counted(line, values, spec, xs[1])));
  const [low, high] = extent(bounds, y.log), air = y.log ? 0 : 0.04 * (high - low);
  return {x: scale(...xs, x.log, LEFT, width - RIGHT),
    y: scale(low - air, high + air, y.log, HEIGHT - BOTTOM, TOP)};
}

function axes({x, y}, spec, width) {
  const base = HEIGHT - BOTTOM;
  return [
    ...y.ticks.map(value => svg("g", {},
      svg("line", {class: "grid", x1: LEFT, x2: width - RIGHT, y1: y.at(value), y2: y.at(value)}),
      svg("text", {x: LEFT - 6, y: y.at(value) + 4, "text-anchor": "end"}, digits(value, 4)))),
    ...x.ticks.map(value => svg("text", {x: x.at(value), y: base + 16, "text-anchor": "middle"},
      value.toLocaleString("en", {maximumSignificantDigits: 4}))),
    svg("text", {x: (LEFT + width) / 2, y: HEIGHT - 4, "text-anchor": "middle"}, spec.x.title),
  ];
}

let clips = 0;
function marks(context, spec, {x, y}, width, title) {
  const clip = `clip-${clips++}`, inside = svg("g", {"clip-path": `url(#${clip})`});
  const ordered = [...spec.lines].sort((a, b) => Boolean(b.thin) - Boolean(a.thin));
  for (const line of ordered) if (line.low) inside.append(svg("path", {class: "band",
    "data-line": line.id, "data-key": line.key, style: {fill: context.colours.of(line.key)},
    d: bandPath(line.x, line.low, line.high, x, y)}));
  for (const line of ordered) {
    inside.append(svg("path", {class: line.thin ? "each" : "mean", "data-line": line.id,
      "data-key": line.key, style: {stroke: context.colours.of(line.key)},
      "stroke-dasharray": context.colours.dash(line.key), d: path(line.x, line.y, x, y)}));
    if (line.x.length === 1) inside.append(svg("circle", {r: 3, cx: x.at(line.x[0]),
      cy: y.at(line.y[0]), style: {fill: context.colours.of(line.key)}}));
  }
  return [svg("clipPath", {id: clip}, svg("rect", {x: LEFT, y: TOP - 2, width: Math.max(width - LEFT - RIGHT + 2, 0),
    height: HEIGHT - TOP - BOTTOM + 4})), inside, svg("circle", {class: "dot", r: 5, visibility: "hidden"})];
}

const pointAt = (line, i, {x, y}) => ({line, i, px: x.at(line.x[i]), py: y.at(line.y[i])});

// The line that comes closest to a place, and of its points the nearer end of that segment.
function nearest(places, geometry, px, py) {
  let best = null, least = REACH;
  for (const {line, xs, ys} of places) for (let i = 0; i < xs.length; i++) {
    const next = Math.min(i + 1, xs.length - 1);
    if (xs[next] < px - REACH || xs[i] > px + REACH) continue;
    const away = distance(px, py, xs[i], ys[i], xs[next], ys[next]) - (line.thin ? 0 : 2);
    if (away < least)
      [best, least] = [[line, Math.abs(xs[i] - px) <= Math.abs(xs[next] - px) ? i : next], away];
  }
  return best && pointAt(...best, geometry);
}

// From a place to a segment; NaN where one end has no place.
function distance(px, py, ax, ay, bx, by) {
  const length = (bx - ax) ** 2 + (by - ay) ** 2;
  const along = length ? Math.min(Math.max(((px - ax) * (bx - ax) + (py - ay) * (by - ay)) / length, 0), 1) : 0;
  return Math.hypot(ax + along * (bx - ax) - px, ay + along * (by - ay) - py);
}

function walk(lines, geometry, lit, key) {
  const steps = {ArrowLeft: -1, ArrowRight: 1}, turns = {ArrowUp: -1, ArrowDown: 1};
  if (!(key in steps) && !(key in turns) || !lines.length) return null;
  if (!lit) return pointAt(lines[0], lines[0].x.length - 1, geometry);
  const place = lines.findIndex(line => line.id === lit.line.id);
  const line = lines[(place + (turns[key] || 0) + lines.length) % lines.length];
  const i = Math.min(Math.max(lit.i + (steps[key] || 0), 0), line.x.length - 1);
  return pointAt(line, i, geometry);
}

function moveTip(tip, drawing, hit) {
  const left = hit.px > drawing.getBoundingClientRect().width / 2;
  const offset = drawing.offsetLeft ?? 0, top = drawing.getBoundingClientRect().top
    - drawing.parentNode.getBoundingClientRect().top;
  tip.style.left = left ? "auto" : `${hit.px + offset + 26}px`;
  tip.style.right = left ? `${drawing.parentNode.clientWidth - hit.px - 2}px` : "auto";
  tip.style.top = `${hit.py + top + (hit.py < HEIGHT / 2 ? 18 : -62)}px`;
}
