// A colour and a dash for each group: in every view the same ones, and kept while runs are added.
// The colours, after Okabe and Ito's, can be told apart with any kind of colour vision.

const COLOURS = 7;
const DASHES = [null, "6 3", "2 2.5", "9 3 2 3"];

export function createColours(session) {
  const known = session.read("colours");
  const keys = Array.isArray(known) ? known.filter(key => typeof key === "string") : [];
  const places = new Map(keys.map((key, place) => [key, place]));
  const place = key => {
    if (!places.has(key)) places.set(key, places.size);
    return places.get(key);
  };
  return {
    // Gives places to groups that have none yet, in this order.
    meet(found) {
      const before = places.size;
      found.forEach(place);
      if (places.size > before) session.write("colours", [...places.keys()]);
    },
    of: key => `var(--c${place(key) % COLOURS})`,
    dash: key => DASHES[Math.floor(place(key) / COLOURS) % DASHES.length],
  };
}
