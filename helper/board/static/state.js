// What a person has chosen: the same in every view, after a reload, and for whom the address is
// sent to.

import {isReload, readAddress, session, writeAddress} from "./host.js";

const FIRST = {
  view: "runs",
  ticked: [],      // names of runs
  where: "",
  columns: null,   // keys of columns; null: those that say most
  grouped: null,   // null: where runs differ in nothing but the seed
  sort: null,      // {column, down}
  unfolded: [],    // names of runs and keys of groups
};

const LONGEST = 3000;  // characters in an address; longer ones break in mail and chat

const texts = value => Array.isArray(value) && value.every(item => typeof item === "string");
const CHECKS = {
  view: value => typeof value === "string",
  ticked: texts,
  where: value => typeof value === "string",
  columns: texts,
  grouped: value => typeof value === "boolean",
  sort: value => value && typeof value.column === "string" && typeof value.down === "boolean",
  unfolded: texts,
};
const isPlain = value => value !== null && ["string", "number", "boolean"].includes(typeof value);

// From an address, which anybody may have written. Of options that a view adds, only plain values
// and lists of text are taken.
function checked(text) {
  let found = null;
  try { found = JSON.parse(text); } catch { return null; }
  if (!found || typeof found !== "object" || Array.isArray(found)) return null;
  const known = {};
  for (const [name, value] of Object.entries(found))
    if (CHECKS[name] ? CHECKS[name](value) : /^\w+\.\w+$/.test(name) && (isPlain(value) || texts(value)))
      known[name] = value;
  return known;
}

// In an address a run is its experiment and number, where these name no other run.
const short = name => name.replace(/^((?:.*\/)?\d+)-[^/]*$/, "$1");

// {short name: name} for those that are not ambiguous.
function shortNames(names) {
  const found = new Map();
  for (const name of names) found.set(short(name), found.has(short(name)) ? null : name);
  return new Map([...found].filter(([, name]) => name !== null));
}

function changed(state) {
  const entries = Object.entries(state).filter(([name, value]) =>
    JSON.stringify(value) !== JSON.stringify(FIRST[name]));
  return Object.fromEntries(entries);
}

function forAddress(state, known) {
  const {unfolded, ...rest} = changed(state);
  if (rest.ticked)
    rest.ticked = rest.ticked.map(name => known.get(short(name)) === name ? short(name) : name);
  const text = JSON.stringify(rest);
  if (text.length > LONGEST) delete rest.ticked;  // the session still knows them
  return Object.keys(rest).length ? JSON.stringify(rest) : "";
}

export function createState() {
  const address = readAddress();
  const remembered = session.read("state");
  const first = isReload() ? [remembered, address] : [address, remembered];
  const state = {...FIRST, ...first.map(text => text && checked(text)).find(Boolean)};
  const listeners = [];
  let known = new Map();
  const save = () => {
    session.write("state", JSON.stringify(changed(state)));
    writeAddress(forAddress(state, known));
  };
  return {
    state,
    save,
    listen: listener => listeners.push(listener),
    // Tells the views as well when nothing of the state, but the runs have changed.
    tell: () => listeners.forEach(listener => listener(state)),
    // Whether anything has changed.
    set(changes) {
      const before = JSON.stringify(state);
      Object.assign(state, changes);
      if (JSON.stringify(state) === before) return false;
      save();
      return true;
    },
    // Short names become whole ones; runs that are gone are ticked no longer.
    settle(runs) {
      const names = new Set(runs.map(run => run.name));
      known = shortNames(names);
      const whole = state.ticked.map(name => names.has(name) ? name : known.get(name)).filter(Boolean);
      this.set({ticked: [...new Set(whole)]});
    },
  };
}
