// Pictures of a verdict: where each side lies, and each difference with its interval.

import {element, svg} from "./dom.js";
import {deviation, isNumber, points} from "./format.js";
import {extent, scale} from "./scale.js";

const ROW = 44, AXIS = 30, WIDTH = 900, LEFT = 14, RIGHT = 14;

// A picture that is drawn again when its width changes. draw(width) gives its nodes and height.
function fitted(label, draw) {
  const picture = svg("svg", {class: "intervals", role: "img", "aria-label": label});
  let before = 0;
  const redraw = width => {
    const {nodes, height} = draw(width);
    picture.setAttribute("viewBox", `0 0 ${width} ${height}`);
    picture.setAttribute("height", String(height));
    picture.replaceChildren(...nodes);
  };
  redraw(WIDTH);
  new ResizeObserver(() => {
    const width = Math.round(picture.getBoundingClientRect().width);
    if (width > 0 && width !== before) redraw(width);
    before = width;
  }).observe(picture);
  return element("div", {}, picture);
}

const percent = share => `${(100 * share).toFixed(2)} %`;

function axis(x, height, show) {
  return [...x.ticks.map(value => svg("g", {},
    svg("line", {class: "grid", x1: x.at(value), x2: x.at(value), y1: 0, y2: height - AXIS}),
    svg("text", {x: x.at(value), y: height - AXIS + 18, "text-anchor": "middle"}, show(value))))];
}

// Each side: its runs as dots, its mean with one standard deviation to each side.
export function drawRanking(context, sides, keys) {
  const accuracies = side => (side.runs || []).map(name => context.run(name)?.final["test/accuracy"]).filter(isNumber);
  const said = side => `${side.rank}. ${side.label}`;
  const value = side => `${percent(side.mean)}${isNumber(side.deviation)
    ? ` ± ${deviation(100 * side.deviation)}` : ""}${side.n > 1 ? `, n = ${side.n}` : ""}`;
  const label = `Test accuracy: ${sides.map(side => `${said(side)}: ${value(side)}`).join("; ")}`;
  return fitted(label, width => {
    const height = sides.length * ROW + AXIS, ends = sides.flatMap(side => [side.mean,
      side.mean - (side.deviation || 0), side.mean + (side.deviation || 0), ...accuracies(side)]);
    const [low, high] = extent([ends], false), air = 0.05 * (high - low);
    const x = scale(100 * (low - air), 100 * (high + air), false, LEFT + 20, width - RIGHT - 20);
    const rows = sides.map((side, i) => {
      const y = i * ROW + 30, style = {stroke: context.colours.of(keys.get(side.label)),
        fill: context.colours.of(keys.get(side.label))};
      const spread = 100 * (side.deviation || 0), middle = 100 * side.mean;
      return svg("g", {class: "row"}, svg("rect", {class: "back", x: 0, y: i * ROW, width, height: ROW}),
        ...words(width, i, said(side), value(side)),
        svg("line", {class: "interval", x1: x.at(middle - spread), x2: x.at(middle + spread), y1: y, y2: y, style}),
        accuracies(side).map(share => svg("circle", {cx: x.at(100 * share), cy: y, r: 3.5, style, opacity: 0.55})),
        svg("path", {d: `M${x.at(middle)},${y - 8}V${y + 8}`, style, "stroke-width": 3}));
    });
    return {height, nodes: [...axis(x, height, value_ => `${Number(value_.toPrecision(5))} %`), ...rows]};
  });
}

// Each pair: the difference of the second from the first. Shaded: what the test would often miss.
// keyOf(pair): the group whose colour it has; nameOf(pair): what it is called.
export function drawIntervals(context, pairs, keyOf, nameOf) {
  const label = `Differences: ${pairs.map(pair => pair.sentence).join("; ")}`;
  return fitted(label, width => {
    const height = pairs.length * ROW + AXIS, found = pairs.flatMap(pair =>
      [0, pair.difference, pair.low, pair.high].filter(isNumber));
    const [low, high] = extent([found], false), air = 0.1 * (high - low || 0.01);
    const x = scale(100 * (low - air), 100 * (high + air), false, LEFT + 20, width - RIGHT - 20);
    const inside = place => Math.min(Math.max(place, 0), width);
    const rows = pairs.map((pair, i) => {
      const y = i * ROW + 30, colour = context.colours.of(keyOf(pair));
      const style = {stroke: colour, fill: colour}, visible = isNumber(pair.visible) ? 100 * pair.visible : 100;
      const text = `${points(pair.difference)}${isNumber(pair.low)
        ? `  (${points(pair.low)} to ${points(pair.high)})` : ""}  ${pair.tied ? "tied" : pair.verdict}`;
      const from = inside(x.at(-visible)), to = inside(x.at(visible));
      return svg("g", {class: "row"}, svg("title", {}, pair.sentence),
        svg("rect", {class: "back", x: 0, y: i * ROW, width, height: ROW}),
        svg("rect", {class: "blind", x: from, width: Math.max(to - from, 0), y: y - 9, height: 18, rx: 3}),
        ...words(width, i, nameOf(pair), text),
        isNumber(pair.low) && svg("line", {class: `interval ${pair.tied ? "tied" : ""}`, y1: y, y2: y,
          x1: x.at(100 * pair.low), x2: x.at(100 * pair.high), style}),
        svg("circle", {class: pair.tied ? "tied" : "", cx: x.at(100 * pair.difference), cy: y, r: 6, style}));
    });
    const zero = svg("line", {class: "zero", x1: x.at(0), x2: x.at(0), y1: 0, y2: height - AXIS});
    return {height, nodes: [...axis(x, height, value => `${value > 0 ? "+" : ""}${Number(value.toPrecision(4))}`
      .replace("-", "−")), zero, ...rows]};
  });
}

// Name and value above the row's line; a name too long for its place is cut.
function words(width, row, name, value) {
  const most = Math.max(Math.floor((width - LEFT - RIGHT) / 6.6) - value.length - 3, 8);
  const cut = name.length > most ? `${name.slice(0, most - 1)}…` : name;
  return [svg("text", {class: "words", x: LEFT, y: row * ROW + 15}, cut),
    svg("text", {class: "words", x: width - RIGHT, y: row * ROW + 15, "text-anchor": "end"}, value)];
}
