// The page around this one: TensorBoard's. Opened by itself, the tab works without it, so
// everything here fails quietly.

const PARAMETER = "graphLab";
const attempt = (action, fallback = undefined) => {
  try { return action(); } catch { return fallback; }
};

const outer = attempt(() => window.parent !== window && window.parent.document && window.parent, null);

// The state in the address of TensorBoard's page, as text, or null.
export function readAddress() {
  return attempt(() => new URL((outer || window).location.href).searchParams.get(PARAMETER), null);
}

export function writeAddress(text) {
  attempt(() => {
    const page = outer || window, address = new URL(page.location.href);
    address.searchParams.delete(PARAMETER);
    if (text) address.searchParams.set(PARAMETER, text);
    if (address.href !== page.location.href)
      page.history.replaceState(page.history.state, "", address);
  });
}

// Whether this page was loaded again, and not opened by an address: then what the session
// remembers is newer than the address, which TensorBoard puts back to what it was at first.
export function isReload() {
  return attempt(() => (outer || window).performance.getEntriesByType("navigation")[0].type
    !== "navigate", false);
}

// sessionStorage of this origin, with a name for each TensorBoard and its path prefix.
const PLACE = `graph-lab ${location.pathname}`;
export const session = {
  read: name => attempt(() => JSON.parse(sessionStorage.getItem(`${PLACE} ${name}`)), null),
  write: (name, value) =>
    attempt(() => sessionStorage.setItem(`${PLACE} ${name}`, JSON.stringify(value))),
};

// Follow TensorBoard's dark mode; without TensorBoard, the system's.
export function followDarkMode() {
  const root = document.documentElement, system = matchMedia("(prefers-color-scheme: dark)");
  const set = () => root.classList.toggle("dark", outer
    ? attempt(() => outer.document.body.classList.contains("dark-mode"), false) : system.matches);
  set();
  if (!outer) return system.addEventListener("change", set);
  attempt(() => new MutationObserver(set).observe(outer.document.body,
    {attributes: true, attributeFilter: ["class"]}));
}

// TensorBoard keeps the frame of a tab that has been left, without any size.
export const isShown = () => !document.hidden && innerWidth > 0;

export function onShown(callback) {
  let before = isShown();
  const look = () => {
    const now = isShown();
    if (now && !before) callback();
    before = now;
  };
  document.addEventListener("visibilitychange", look);
  addEventListener("resize", look);
}

// Call back when TensorBoard's own reload has been pressed or is due.
export function onReload(callback) {
  if (!outer) return;
  attempt(() => {
    const channel = new MessageChannel();
    channel.port1.onmessage = event => attempt(() => {
      const said = JSON.parse(event.data);
      if (said.isReply) return;
      channel.port1.postMessage(JSON.stringify(
        {type: said.type, id: said.id, payload: null, error: null, isReply: true}));
      if (said.type === "experimental.DataReloaded") callback();
    });
    window.parent.postMessage("experimental.bootstrap", window.location.origin, [channel.port2]);
  });
}

const literal = text => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

// A regular expression for the entries of exactly these runs. In an experiment's directory a
// number is unique, so that it stands for the whole name.
export function runFilter(names) {
  const endings = new Map();
  for (const name of names) {
    const cut = name.lastIndexOf("/"), parent = cut < 0 ? "" : `${literal(name.slice(0, cut))}/`;
    const last = name.slice(cut + 1), numbered = /^(\d+)(-|$)/.exec(last);
    if (!endings.has(parent)) endings.set(parent, []);
    endings.get(parent).push(numbered ? numbered[1] : literal(last));
  }
  const places = [...endings].map(([parent, ends]) => `${parent}(${ends.join("|")})`);
  return `^(${places.join("|")})(-|/|$)`;
}

// Time Series with exactly these runs and tags, without smoothing: its address, or null where
// there is no TensorBoard around this page.
export function timeSeries(names, tags) {
  return attempt(() => {
    const address = new URL(outer.location.href), query = address.searchParams;
    query.set("smoothing", "0");
    query.set("runFilter", runFilter(names));
    if (tags.length) query.set("tagFilter", `^(${tags.map(literal).join("|")})$`);
    address.hash = "timeseries";
    return address.href;
  }, null);
}

const MOST_SELECTED = 500;  // entries; with more, TensorBoard selects none of its runs by itself
const PATIENCE = 200, TRIES = 150;  // ms, and how often

// Follows a link to Time Series. entries: how many TensorBoard has in all.
export function follow(event, address, entries) {
  attempt(() => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (entries > MOST_SELECTED) {
      event.preventDefault();
      selectAll(window.open(address));
      return;
    }
    // With nothing but the part after # changed, a browser loads nothing, and TensorBoard would
    // keep its old filters.
    if (outer.location.href.split("#")[0] !== address.split("#")[0]) return;
    event.preventDefault();
    outer.location.assign(address);
    outer.location.reload();
  });
}

// Ticks what TensorBoard's filter of runs has left, as soon as its table is there: a page of its
// own, because this one would be gone by then.
function selectAll(page, tries = TRIES) {
  attempt(() => {
    const rows = page.document.querySelectorAll("runs-data-table tb-data-table-content-row");
    const box = page.document.querySelector("runs-data-table .header input[type=checkbox]");
    if (rows.length && box) { if (!box.checked) box.click(); }
    else if (tries > 0 && !page.closed) setTimeout(() => selectAll(page, tries - 1), PATIENCE);
  });
}
