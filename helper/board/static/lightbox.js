// One test image, large, with what the runs say about it.

import {answering, createAnswers, percent, summary} from "./answers.js";
import {latest} from "./api.js";
import {button, element} from "./dom.js";

// images: as POST cell gives them; first: runs that answer before the ticked ones.
// change(image) takes the image to the drawing.
export function createLightbox(context, change) {
  const ask = latest(), answers = createAnswers(context);
  const picture = element("img", {class: "large-digit", alt: ""});
  const title = element("h2", {id: "graph-lab-image"}), words = element("p", {"aria-live": "polite"});
  const note = element("p", {class: "quiet"});
  const earlier = button("← Previous", () => step(-1)), later = button("Next →", () => step(1));
  let images = [], place = 0, first = [];
  const dialog = element("dialog", {class: "lightbox", "aria-labelledby": "graph-lab-image"},
    element("div", {class: "lightbox-head"}, title,
      button("Close", () => dialog.close(), {class: "close"})),
    element("div", {class: "lightbox-body"},
      element("div", {class: "lightbox-side"}, picture,
        element("div", {class: "row"}, earlier, later),
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
    title.textContent = `Test image ${image.index}: ${image.label}`;
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
      answers.show(found.answers, found.label);
      words.textContent = summary(found.answers);
    } catch (error) {
      answers.clear();
      words.textContent = error.message;
    }
  }

  return {
    element: dialog,
    open(list, at, runs) {
      [images, place, first] = [list, at, runs];
      answers.clear();
      dialog.showModal();
      show();
    },
  };
}

// A picture that opens large: what was said about it is below it, and in its label.
export function thumbnail(image, classes, open) {
  const name = index => classes[index] ?? index;
  const said = image.said === null || image.said === undefined ? "" : name(image.said);
  const chance = Number(image.probability ?? NaN);
  const sure = Number.isFinite(chance) ? percent(chance) : "";
  const label = name(image.label);
  return element("button", {type: "button", class: "thumbnail", onclick: open,
    "aria-label": `test image ${image.index}: ${label}, said ${said} ${sure}`,
    title: `test image ${image.index}: ${label}`},
  element("img", {src: image.png, alt: "", width: 56, height: 56, loading: "lazy"}),
  element("span", {class: image.said === image.label ? "tag right" : "tag wrong"},
    `${label} → ${said}`),
  element("span", {class: "quiet"}, sure));
}
