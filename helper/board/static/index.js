// The tab: its frame, the views, and what they share.

import {api} from "./api.js";
import {createColours} from "./colours.js";
import {message} from "./dom.js";
import {createFrame} from "./frame.js";
import {followDarkMode, isShown, onReload, onShown, session} from "./host.js";
import {createState} from "./state.js";

const REFRESH_SECONDS = 10;
// A view is loaded when it is first shown; one that fails leaves the others alone.
const VIEWS = {
  runs: {title: "Runs", load: () => import("./runs.js")},
  curves: {title: "Curves", load: () => import("./curves.js")},
  verdict: {title: "Verdict", load: () => import("./verdict.js")},
  confusion: {title: "Confusion", load: () => import("./confusion.js")},
  draw: {title: "Draw a digit", load: () => import("./draw.js")},
  difference: {title: "Difference", load: () => import("./difference.js")},
};

/* What every view gets, as the argument of its create(context):

   api, colours, state (read only), runs (the last payload of the route "runs");
   update(changes): changes the state; options of a view are called "view.option";
   option(name, fallback): such an option; run(name): a run of the payload, or undefined;
   ticked(): the ticked runs; tick(names, on); select(view);
   onState(listener): called when the state or the runs have changed, for the view that is shown;
   announce(text): said by screen readers; showRun(name): goes to its row.

   A view is {element, show(), hide()}; show() is called each time its tab is chosen. */
function createContext() {
  const store = createState();
  const context = {
    api, colours: createColours(session), state: store.state, runs: null, error: null,
    update: changes => { if (store.set(changes)) store.tell(); },
    option: (name, fallback) => store.state[name] ?? fallback,
    run: name => context.byName.get(name),
    byName: new Map(), wanted: {run: null},
    ticked: () => store.state.ticked.map(context.run).filter(Boolean),
    tick(names, on) {
      const ticked = new Set(store.state.ticked);
      for (const name of names) on ? ticked.add(name) : ticked.delete(name);
      context.update({ticked: [...ticked]});
    },
    select: view => context.update({view}),
    onState: listener => store.listen(listener),
    announce: () => {},
    showRun(name) {
      context.wanted.run = name;
      context.select("runs");
    },
    store,
  };
  return context;
}

// Fetches the runs; the views are told only if something has changed.
function createRefresh(context) {
  let before = "", busy = false;
  return async () => {
    if (busy || !isShown()) return;
    busy = true;
    try {
      const found = await context.api.get("runs");
      const {now, ...rest} = found, text = JSON.stringify(rest), same = text === before;
      if (same && !context.error) return;
      before = text;
      context.error = null;
      context.runs = found;
      context.byName = new Map(found.runs.map(run => [run.name, run]));
      context.colours.meet(found.runs.map(run => run.key));
      context.store.settle(found.runs);
    } catch (error) {
      if (context.error === error.message) return;
      context.error = error.message;
    } finally {
      busy = false;
    }
    context.store.tell();
  };
}

const viewOf = context => Object.hasOwn(VIEWS, context.state.view) ? context.state.view : "runs";
const loadOf = context => VIEWS[viewOf(context)].load();

function createSwitch(context, frame) {
  const made = new Map();
  let shown = null;
  return async () => {
    const name = viewOf(context);
    if (!context.runs || name === shown) return;
    made.get(shown)?.hide();
    shown = name;
    try {
      const module = await loadOf(context);
      if (!made.has(name)) made.set(name, module.create(contextOf(context, name)));
      if (name !== shown) return;
      frame.put(made.get(name).element);
      made.get(name).show();
      performance.mark(`graph-lab ${name}`);  // for the browser's tools, and for measuring
    } catch (error) {
      console.error(error);
      if (name === shown) frame.put(message("This view does not work here", String(error)));
    }
  };
}

// Views that are not shown do no work: they catch up in show().
function contextOf(context, view) {
  const own = Object.create(context);
  own.onState = listener => context.onState(state => {
    if (context.runs && state.view === view) listener(state);
  });
  return own;
}

export function render() {
  followDarkMode();
  const context = createContext();
  const frame = createFrame(context, VIEWS);
  const change = createSwitch(context, frame);
  const refresh = createRefresh(context);
  context.onState(() => { frame.draw(); change(); });
  document.title = "Graph Lab";
  document.head.append(...["style.css", "pictures.css"].map(stylesheet));
  document.body.replaceChildren(frame.element);
  onReload(refresh);
  onShown(refresh);
  setInterval(refresh, 1000 * REFRESH_SECONDS);
  // TensorBoard puts its address back when other tabs are used.
  addEventListener("focus", () => context.store.save());
  frame.draw();
  loadOf(context).catch(() => {});  // while the runs are on their way; the switch tells of errors
  return refresh();
}

function stylesheet(name) {
  const link = document.createElement("link");
  link.rel = "stylesheet";
  link.href = new URL(name, import.meta.url).href;
  return link;
}
