// The test images behind a cell of the confusion matrix, sixty at a time.

import {latest} from "./api.js";
import {button, element} from "./dom.js";
import {thumbnail} from "./lightbox.js";

const PAGE = 60;

// open(images, place, classes) shows one of them large.
export function createGallery(context, open) {
  const ask = latest();
  const title = element("h3", {tabindex: -1}), grid = element("div", {class: "thumbnails"});
  const line = element("p", {class: "quiet", "aria-live": "polite"});
  const more = button("Show more", () => load());
  const place = element("section", {class: "gallery", hidden: true, "aria-label": "images"},
    title, line, grid, more);
  let request = null, classes = [], images = [];

  async function load() {
    more.hidden = true;
    try {
      const found = await ask(signal => context.api.post("cell",
        {...request, offset: images.length, limit: PAGE}, signal));
      if (!found) return;
      const {total, images: next, notes} = found;
      const from = images.length;
      images = images.concat(next);
      grid.append(...next.map((image, i) => thumbnail(image, classes, () => open(images, from + i, classes))));
      line.textContent = [total ? `${images.length} of ${total} test images` : "No test image", ...notes].join(" · ");
      more.hidden = images.length >= total || !next.length;
    } catch (error) {
      line.textContent = error.message;
    }
  }

  return {
    element: place,
    // wanted: the fields of POST cell but offset and limit.
    show(wanted, names, heading) {
      [request, classes, images] = [wanted, names, []];
      title.textContent = heading;
      line.textContent = "…";
      grid.replaceChildren();
      place.hidden = false;
      return load();
    },
    hide() {
      place.hidden = true;
    },
  };
}
