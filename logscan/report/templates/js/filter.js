// Which rows are shown, in which order: read from the filters, kept in the address.
const KEYS = ["q", "cause", "way", "from", "to", "outcome", "sort", "page", "open"];

function readAddress() {
  const state = { outcome: [], page: 1, sort: "" };
  if (!location.hash.includes("=")) return state;
  const found = new URLSearchParams(location.hash.slice(1));
  for (const key of KEYS) if (found.has(key)) state[key] = found.get(key);
  state.outcome = (found.get("outcome") ?? "").split(",").filter(Boolean);
  state.page = Math.max(Number.parseInt(found.get("page") ?? "1", 10) || 1, 1);
  return state;
}

function writeAddress(state) {
  const kept = new URLSearchParams();
  for (const key of KEYS) {
    const value = key === "outcome" ? state.outcome.join(",") : key === "page" && state.page === 1 ? "" : state[key];
    if (value) kept.set(key, value);
  }
  const hash = kept.toString();
  if (hash || location.hash.includes("=")) history.replaceState(null, "", `#${hash || "mascots"}`);
}

function columnsOf(index, page) {
  const size = index.ids.length;
  const at = (list, before) => list.map((value, row) => (value === null ? null : value + before(row)));
  const enqueued = index.e;
  const started = at(index.s, (row) => enqueued[row] ?? 0);
  const ended = at(index.d, (row) => started[row] ?? enqueued[row] ?? 0);
  const between = (from, to, when) => from.map((value, row) => (value === null || to[row] === null || !when(row) ? null : Math.max(to[row] - value, 0)));
  const tried = new Set(["generated", "generation_failed"].map((name) => page.outcomes.indexOf(name)));
  const causes = page.causes.map((names) => names.map((name) => page.titles[name] ?? name).join(", "));
  const told = page.causes.map((names, place) => `${names.join(" ")} ${causes[place]}`.toLowerCase());
  const ways = page.ways.map((words) => words.toLowerCase());
  return {
    size, id: index.ids, lower: index.ids.map((id) => id.toLowerCase()), outcome: index.o, attempts: index.a, enqueued, started, ended,
    waited: between(enqueued, started, () => true), ran: between(started, ended, (row) => tried.has(index.o[row])),
    first: enqueued.map((value, row) => value ?? started[row] ?? ended[row]), cause: index.c, causes, told, ways, certainty: index.y, image: index.i, way: index.v,
  };
}

function matching(columns, state, page) {
  const outcomes = new Set(state.outcome.map((name) => page.outcomes.indexOf(name)));
  const words = (state.q ?? "").trim().toLowerCase();
  const inCause = columns.told.map((text) => words !== "" && text.includes(words));
  const inWay = columns.ways.map((text) => words !== "" && text.includes(words));
  const sets = state.cause ? page.causes.map((names) => names.includes(state.cause)) : null;
  const way = state.way ? Number(state.way) : null;
  const edge = (text) => (text ? Date.parse(`${text.length === 16 ? `${text}:00` : text}Z`) - page.base : Number.NaN);
  const from = edge(state.from), to = edge(state.to);
  return (row) =>
    (!outcomes.size || outcomes.has(columns.outcome[row])) &&
    (way === null || columns.way[row] === way) &&
    (!sets || sets[columns.cause[row]]) &&
    (Number.isNaN(from) || (columns.first[row] !== null && columns.first[row] >= from)) &&
    (Number.isNaN(to) || (columns.first[row] !== null && columns.first[row] <= to)) &&
    (!words || columns.lower[row].includes(words) || inCause[columns.cause[row]] || inWay[columns.way[row]]);
}

// The order of a column is worked out once, and read backwards for the other direction; what is empty stays last.
const orders = new Map();

function ordered(columns, key) {
  if (!orders.has(key)) {
    const rank = columns.causes.map((text, place) => [text, place]).sort((a, b) => (a[0] < b[0] ? -1 : 1)).reduce((out, [, place], at) => { out[place] = at; return out; }, []);
    const values = key === "cause" ? columns.cause.map((set) => (columns.causes[set] ? rank[set] : null)) : columns[key];
    const full = [], empty = [];
    for (let row = 0; row < columns.size; row += 1) (values[row] === null || values[row] === -1 ? empty : full).push(row);
    full.sort(typeof values[full[0]] === "string" ? (a, b) => (values[a] < values[b] ? -1 : values[a] > values[b] ? 1 : a - b) : (a, b) => values[a] - values[b] || a - b);
    orders.set(key, { full, empty });
  }
  return orders.get(key);
}

// While nobody asks for anything the orders are made ready, one at a time.
function prepareOrders(columns) {
  const left = ["id", "enqueued", "started", "waited", "ran", "ended", "cause"];
  const next = () => {
    ordered(columns, left.shift());
    if (left.length) later(next);
  };
  const later = globalThis.requestIdleCallback ?? ((work) => setTimeout(work, 50));
  later(next);
}

function selected(columns, state, page) {
  const fits = matching(columns, state, page);
  const out = [];
  const take = (row) => { if (fits(row)) out.push(row); };
  const key = state.sort.replace(/^-/, "");
  if (!key || !(key in columns)) for (let row = 0; row < columns.size; row += 1) take(row);
  else {
    const { full, empty } = ordered(columns, key);
    if (state.sort.startsWith("-")) for (let at = full.length - 1; at >= 0; at -= 1) take(full[at]);
    else full.forEach(take);
    empty.forEach(take);
  }
  return out;
}
