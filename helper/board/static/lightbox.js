// One test image, large, with what the runs say about it.

import {answering, createAnswers, summary} from "./answers.js";
import {latest} from "./api.js";
import {button, element} from "./dom.js";
import {isNumber} from "./format.js";

// images: as POST cell gives them; first: runs that answer before the ticked ones.
// change(image) takes the image to the drawing.
export function createLightbox(context, change) {
  const ask = latest(), answers = createAnswers(context);
  const picture = element("img", {class: "large-digit", alt: ""});
  const title = element("h2", {id: "graph-lab-image"}), words = element("p", {"aria-live": "polite"});
  const note = element("p", {class: "quiet"});
  const earlier = button("← Previous", () => step(-1)), later = button("Next →", () => step(1));
  let images = [], place = 0, first = [], classes = [];
  const dialog = element("dialog", {class: "lightbox", "aria-labelledby": "graph-lab-image"},
    element("div", {class: "lightbox-head"}, title,
      button("Close", () => dialog.close(), {class: "close"})),
    element("div", {class: "lightbox-body"},
      element("div", {class: "lightbox-side"}, picture,
        element("div", {class: "controls"}, earlier, later),
        button("Change it by hand", () => { dialog.close(); change(images[place]); })),
      element("div", {class: "lightbox-answers"}, words, answers.element, note)));
  dialog.addEventListener("keydown", event => {
    const way = {ArrowLeft: -1, ArrowRight: 1}[event.key];
    if (way) { event.preventDefault(); step(way); }
  });
  // A click beside the dialog closes it.
  dialog.addEventListener("click", event => event.target === dialog && dialog.close());

  function step(way) {
    const next = place + way;
    if (next < 0 || next >= images.length) return;
    place = next;
    show();
  }

  async function show() {
    const image = images[place];
    title.textContent = `Test image ${image.index}: ${classes[image.label] ?? image.label}`;
    picture.src = image.png;
    picture.alt = `test image ${image.index}, ${image.label}`;
    earlier.disabled = place === 0;
    later.disabled = place === images.length - 1;
    const {names, note: line} = answering(context, first);
    note.textContent = line;
    if (!names.length) return;
    words.textContent = "…";
    try {
      const found = await ask(signal =>
        context.api.post("answers", {runs: names, index: image.index, layers: true}, signal));
      if (!found) return;
      answers.show(found.answers);
      words.textContent = summary(context, found.answers);
    } catch (error) {
      answers.clear();
      words.textContent = error.message;
    }
  }

  return {
    element: dialog,
    open(list, at, runs, names) {
      [images, place, first, classes] = [list, at, runs, names];
      answers.clear();
      dialog.showModal();
      show();
    },
  };
}

const whole = chance => chance > .99 && chance < 1 ? "> 99 %" : `${Math.round(100 * chance)} %`;

// A picture that opens large. Below it is what the run says, or what both say.
export function thumbnail(image, classes, open) {
  const name = index => classes[index] ?? index;
  const said = [[image.said, image.probability]];
  if (image.said_other !== null) said.push([image.said_other, image.probability_other]);
  const words = said.map(([index, chance], i) =>
    `${said.length > 1 ? "AB"[i] + " " : ""}${name(index)}${isNumber(chance) ? " · " + whole(chance) : ""}`);
  const label = `test image ${image.index}, true ${name(image.label)}: ${words.join(", ")}`;
  return element("button", {type: "button", class: "thumbnail", onclick: open, "aria-label": label, title: label},
    image.png ? element("img", {src: image.png, alt: "", width: 56, height: 56})
      : element("span", {class: "no-picture"}, image.index),
    said.map(([index], i) => element("span", {class: index === image.label ? "tag right" : "tag wrong"},
      `${index === image.label ? "✓" : "✗"} ${words[i]}`)));
}
