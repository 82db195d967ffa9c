// What runs say about one image: a card for each, with its probabilities and, where wanted, the
// tensors that leave its layers, as pictures. Cards are kept and changed in place while one draws.

import {element, swatch} from "./dom.js";

const MOST = 12;
const HIGH = 52, WIDE = 168;  // pixels of a layer's picture, at most

// The runs that answer: the ticked ones, else the best; with a line where that needs words.
export function answering(context, first = []) {
  const able = new Set(context.runs.runs.map(run => run.name));
  const ticked = [...new Set([...first, ...context.state.ticked])].filter(name => able.has(name));
  if (ticked.length > MOST)
    return {names: ticked.slice(0, MOST), note: `The first ${MOST} of ${ticked.length.toLocaleString("en")} ticked runs answer.`};
  if (ticked.length) return {names: ticked, note: ""};
  const best = bestRun(context.runs);
  if (!best) return {names: [],
    note: "No run has finished yet. The first one that does will answer: python experiments/softmax.py"};
  return {names: [best.name],
    note: "The best run answers. Tick runs in Runs to hear others beside it."};
}

export function bestRun({runs, lower_is_better: lower, metrics}) {
  const able = runs.filter(run => run.has_predictions);
  const tag = metrics.find(name => lower[name] === false || lower[name] === true);
  const worth = run => {
    const value = Number(run.final[tag] ?? NaN);
    return Number.isNaN(value) ? -Infinity : lower[tag] ? -value : value;
  };
  return able.reduce((best, run) => !best || worth(run) > worth(best) ? run : best, null);
}

export function createAnswers(context) {
  const cards = new Map();
  const list = element("div", {class: "answers"});
  return {
    element: list,
    // answers: as POST answers gives them.
    show(found) {
      const answers = named(context, found);
      const names = new Set(answers.map(answer => answer.run));
      for (const [name, card] of cards) if (!names.has(name)) cards.delete(name), card.element.remove();
      answers.forEach((answer, place) => {
        if (!cards.has(answer.run)) cards.set(answer.run, createCard(context, answer.run));
        const card = cards.get(answer.run);
        if (list.children[place] !== card.element) list.insertBefore(card.element, list.children[place]);
        card.show(answer);
      });
    },
    clear() {
      cards.clear();
      list.replaceChildren();
    },
  };
}

// Names of a run's classes: those of one digit against the rest say so.
export function classNames(run, classes) {
  const digit = run?.settings?.digit;
  return classes.length === 2 && Number.isInteger(digit) ? [`not ${digit}`, String(digit)] : classes;
}

// A line for all of them: "3 of 4 say 7, 1 says 2".
export function summary(context, given) {
  const answers = named(context, given), votes = new Map(), able = answers.filter(answer => !answer.error);
  for (const answer of able) {
    const name = className(answer, answer.predicted);
    votes.set(name, (votes.get(name) ?? 0) + 1);
  }
  const found = [...votes].sort((a, b) => b[1] - a[1]);
  if (able.length === 1) return `It says ${found[0][0]}.`;
  if (found.length === 1) return `All ${able.length} say ${found[0][0]}.`;
  return found.map(([name, count], place) =>
    `${count}${place ? "" : ` of ${able.length}`} ${count === 1 ? "says" : "say"} ${name}`).join(", ") +
    (found.length ? "." : "");
}

const named = (context, answers) => answers.map(answer =>
  ({...answer, classes: classNames(context.run(answer.run), answer.classes)}));

const className = (answer, index) => String(answer.classes?.[index] ?? index);

function createCard(context, name) {
  const run = context.run(name);
  const said = element("output", {class: "said"}), sure = element("span", {class: "sure"});
  const bars = element("div", {class: "bars", role: "img"});
  const layers = element("div", {class: "layers"}), problem = element("p", {class: "problem", hidden: true});
  const card = element("article", {class: "answer", "aria-label": name},
    element("header", {}, run ? swatch(context.colours, run.key) : null,
      element("span", {class: "run-name", title: name}, name)),
    element("div", {class: "verdict-line"}, said, sure), bars, layers, problem);
  return {
    element: card,
    show(answer) {
      problem.hidden = !answer.error;
      problem.textContent = answer.error ?? "";
      said.parentNode.hidden = bars.hidden = layers.hidden = Boolean(answer.error);
      if (answer.error) return;
      const index = answer.predicted, chance = Number(answer.probabilities?.[index]);
      said.textContent = className(answer, index);
      sure.textContent = answer.probabilities ? percent(chance) : "";
      const right = answer.target === null ? "" : index === answer.target ? "right" : "wrong";
      card.dataset.right = right;
      if (right) sure.textContent += `${sure.textContent ? " · " : ""}${right === "right" ? "✓ right" : "✗ wrong"}`;
      showBars(bars, answer);
      showLayers(layers, answer.layers ?? []);
    },
  };
}

export const percent = value => !Number.isFinite(value) ? "–" : value >= .9995 && value < 1 ? "> 99.9 %"
  : `${(100 * value).toPrecision(value < .1 ? 2 : 3)} %`.replace("100. %", "100 %");

function showBars(bars, answer) {
  const chances = (answer.probabilities ?? []).map(Number);
  const order = chances.map((chance, i) => [chance, i]).sort((a, b) => b[0] - a[0]).slice(0, 3);
  bars.hidden = !chances.length;
  bars.setAttribute("aria-label",
    order.map(([chance, i]) => `${className(answer, i)}: ${percent(chance)}`).join(", "));
  if (bars.children.length !== chances.length)
    bars.replaceChildren(...chances.map((_, i) => element("div", {class: "bar"},
      element("div", {class: "tube"}, element("div", {class: "level"})),
      element("span", {}, className(answer, i)))));
  chances.forEach((chance, i) => {
    const bar = bars.children[i];
    bar.querySelector(".level").style.height = `${100 * (Number.isFinite(chance) ? chance : 0)}%`;
    bar.title = `${className(answer, i)}: ${percent(chance)}`;
    bar.classList.toggle("most", i === answer.predicted);
  });
}

function showLayers(place, layers) {
  if (place.children.length !== layers.length)
    place.replaceChildren(...layers.map(() => element("figure", {},
      element("img", {alt: ""}), element("figcaption"))));
  layers.forEach((layer, i) => {
    const [picture, caption] = place.children[i].children;
    const shape = (layer.shape ?? []).join(" × ");
    picture.hidden = !layer.png;
    if (layer.png) draw(picture, layer);
    picture.alt = `activations of ${layer.name}, ${shape}`;
    caption.textContent = `${layer.name}  ${shape}`;
  });
}

// As large as fits: a block of values about as high as wide, or a row of them.
function draw(picture, {png, size: [height, width]}) {
  const scale = Math.min(HIGH / height, WIDE / width);
  picture.src = png;
  picture.width = Math.max(1, Math.round(width * scale));
  picture.height = Math.max(3, Math.round(height * scale));
}
