// The tables of a scenario: calls, connections, faults and checks, events.  They sort, they
// filter, and beyond 200 rows they draw only what is in view.

const VIRTUAL_FROM = 200, ROW_HEIGHT = 30, FILTER_FROM = 8;

const textOf = (value) => (value === null || value === undefined ? "" : String(value));
const tookOf = (from, to) => (isNumber(to) ? to - from : Infinity);

function compareValues(a, b) {
  if (typeof a === "number" && typeof b === "number")
    return a - b || 0; // two that never end
  if (typeof a === "number" || typeof b === "number")
    return typeof a === "number" ? -1 : 1;
  return textOf(a) < textOf(b) ? -1 : textOf(a) > textOf(b) ? 1 : 0;
}

// How a column of a class shows a value, where it has no cell of its own.
const SHOWN_AS = { time: (t) => (isNumber(t) ? exact(t) : ""), took: (ns) => (isNumber(ns) ? duration(ns) : "–") };

const wordsIn = (text) => text.toLowerCase().split(/\s+/).filter(Boolean);

const valueIn = (row, value) => (isText(value) ? row[value] : value(row));

// A table of `rows`.  A column is [title, class, the key or value(row) to sort and filter by, and
// perhaps { cell(row) for what is shown, text(row) to filter by }].  `onOpen(row)` is called for a chosen
// row; what is `bad` is said in the columns of the class tint.
function grid({ name, columns, rows, onOpen, isSelected = () => false, bad = () => false }) {
  const body = box("tbody"), count = element("span", { role: "status" }), scroller = region("div.grid", name);
  let shown = rows, sortBy = -1, falling = false, asked = false;

  const cell = (row, [, look, value, { cell: shownAs } = {}]) => box(`td.${look}${bad(row) ? ".bad" : ""}`,
    shownAs ? shownAs(row) : (SHOWN_AS[look] || textOf)(valueIn(row, value)));
  const drawRow = (row) => element(`tr${onOpen ? ".link" : ""}${isSelected(row) ? ".selected" : ""}`,
    onOpen ? { onclick: () => onOpen(row) } : {}, columns.map((column) => cell(row, column)));
  const space = (count_) => element("tr.pad", { "aria-hidden": "true" },
    element("td", { colspan: columns.length, style: `height:${count_ * ROW_HEIGHT}px` }));
  const draw = () => {
    asked = false;
    const first = shown.length <= VIRTUAL_FROM ? 0 : Math.max(0, Math.floor(scroller.scrollTop / ROW_HEIGHT) - 20);
    const last = shown.length <= VIRTUAL_FROM ? shown.length : Math.min(shown.length, first + 60);
    body.replaceChildren(...shown.slice(first, last).map(drawRow));
    if (shown.length > VIRTUAL_FROM) {
      body.prepend(space(first));
      body.append(space(shown.length - last));
    }
  };
  scroller.addEventListener("scroll", () => {
    if (shown.length > VIRTUAL_FROM && !asked)
      requestAnimationFrame(draw);
    asked = shown.length > VIRTUAL_FROM;
  });

  const apply = () => {
    const words = wordsIn(filter.value);
    const textIn = (row) => columns.map(([, , value, { text } = {}]) => textOf(valueIn(row, text || value))).join(" ").toLowerCase();
    shown = rows.filter((row) => words.length === 0 || words.every((word) => textIn(row).includes(word)));
    if (sortBy >= 0)
      shown.sort((a, b) => compareValues(...[a, b].map((row) => valueIn(row, columns[sortBy][2]))) * (falling ? -1 : 1));
    count.textContent = shown.length === rows.length ? plural(rows.length, "row") : `${shown.length} of ${plural(rows.length, "row")}`;
    scroller.scrollTop = 0;
    draw();
  };
  const sort = (i) => {
    falling = sortBy === i && !falling;
    sortBy = i;
    heads.forEach((head, k) => head.setAttribute("aria-sort", k !== i ? "none" : falling ? "descending" : "ascending"));
    apply();
  };
  const heads = columns.map(([title, look], i) => element(`th.${look}`, { scope: "col" }, button(title, () => sort(i))));
  const filter = element("input", { type: "search", placeholder: "Filter", "aria-label": `Filter ${name}`, oninput: apply });
  scroller.append(box("table", box("thead", box("tr", heads)), body));
  apply();
  const whole = box("div", rows.length >= FILTER_FROM && box("div.tools", filter, count), scroller);
  whole.redraw = draw;
  return whole;
}

const PHASE_INKS = { connect: "connecting", send: "setup", queue: "skip-mark", handle: "work", respond: "response" };

const part = (width, ink) => element("i", { style: `width:${width.toFixed(2)}%;${ink ? fill(ink) : "min-width:0"}` });

function phaseBar({ phases }) {
  const parts = Object.keys(PHASE_INKS).filter((name) => phases?.[name] > 0);
  const sum = parts.reduce((total, name) => total + phases[name], 0);
  return sum > 0 && picture("span.phases", parts.map((name) => `${name} ${duration(phases[name])}`).join(", "),
    parts.map((name) => part(100 * phases[name] / sum, PHASE_INKS[name])));
}

function ending(call) {
  const group = endingGroup(call);
  return box(`span.ending.${group}`, `${GROUPS[group].sign} ${endingWords(call)}`);
}

function callsTable(model, view) {
  if (model.calls.length === 0)
    return empty("No calls were made.");
  const tries = (call) => (Array.isArray(call.attempts) ? call.attempts.length : call.retry);
  return grid({ name: "calls", rows: model.calls, columns: [
    ["Call", "num", "id"],
    ["Method", "", callName],
    ["Connection", "num", "conn"],
    ["Call id", "num", "call_id"],
    ["Issued", "time", "t"],
    ["Took", "took", (call) => tookOf(call.t, call.end)],
    model.calls.some((call) => tries(call) > 0) && ["Retries", "num", tries],
    model.calls.some(phaseBar) && ["Queued · handled · rest", "", (call) => call.phases?.queue, { cell: phaseBar }],
    ["Ending", "", endingWords, { cell: ending }],
    ["Error", "wide", errorText],
  ].filter(Boolean), onOpen: (call) => view.select({ call: call.id }), isSelected: (call) => view.selection.call === call.id });
}

const STATES_SHOWN = 12;

// Of a busy connection the beginning and the end; the tab Events has them all.
function stateList(states) {
  if (states.length > STATES_SHOWN)
    return [stateList(states.slice(0, 5)), box("div.muted", `… ${states.length - 10} more, see Events`), stateList(states.slice(-5))];
  return states.map((state) => box("div.state", box("span", exact(state.t)), box("span", plain(state.to)),
    state.why && box("span.muted", state.why)));
}

// A connection's life as a strip over the whole run; what is short keeps a pixel.
function lifeStrip(one, tEnd) {
  const states = statesOf(one).filter((state) => state.to !== "closed");
  return states.length > 0 && tEnd > 0 && picture("span.phases.life",
    `from ${exact(states[0].t)} to ${exact(states.at(-1).end)}`, part(100 * states[0].t / tEnd),
    states.slice(0, 100).map((state) => part(100 * (state.end - state.t) / tEnd,
      state.to === "open_busy" ? "response" : STATE_INKS[state.to] || "line")));
}

function connectionsTable(model, view) {
  if (model.connections.length === 0)
    return empty("No connection was made.");
  const side = (title, states) => [title, "wide", (one) => states(one).at(-1)?.to, { cell: (one) => stateList(states(one)),
    text: (one) => states(one).map(stateWords).join(" ") }];
  return grid({ name: "connections", rows: model.connections, columns: [
    ["Conn", "num", "id"],
    ["From → to", "nowrap", endpoints, { cell: (one) => endpoints(one).split(/ (?=→)/).map((end) => box("div", end)) }],
    ["Calls", "num", "calls"],
    ["Life", "", (one) => statesOf(one)[0]?.t, { text: () => "", cell: (one) => lifeStrip(one, model.tEnd) }],
    side("Client side", (one) => one.client),
    side("Server side", (one) => one.server),
  ], onOpen: (one) => view.select({ conn: one.id }), isSelected: (one) => view.selection.conn === one.id });
}

function faultsTable(model, view) {
  return grid({ name: "faults", rows: model.faults, columns: [
    ["Fault", "", "id"],
    ["Kind", "mono", "kind"],
    ["Aim", "", targetWords],
    ["With", "", (fault) => Object.entries(fault.params || {}).map(([name, value]) => `${name} ${textOf(value)}`).join(", ")],
    ["From", "time", "t"],
    ["To", "time", "end", { cell: (fault) => (isNumber(fault.end) ? exact(fault.end) : "the end") }],
    ["Strikes", "num", "strikes"],
    ["Armed at", "", place],
  ], onOpen: (fault) => view.select({ fault: fault.id, at: fault.t }), isSelected: (fault) => view.selection.fault === fault.id });
}

function checksTable(model, view) {
  return grid({ name: "checks", rows: model.checks, bad: (check) => !check.ok, columns: [
    ["Verdict", "", verdict, { cell: (check) => sign(check.ok ? "passed" : "failed") }],
    ["Check", "", "id"],
    ["At", "time", checkTime],
    ["Claim", "mono.wide", "expr"],
    ["Expected", "", "expected"],
    ["Seen", "tint", "actual"],
    ["Line", "", place],
  ], onOpen: (check) => view.showCheck(check) });
}

function faultsAndChecks(model, view) {
  return box("div", model.faults.length > 0 ? faultsTable(model, view) : empty("No fault was armed."),
    model.checks.length > 0 ? checksTable(model, view) : empty("Nothing was checked."));
}

function eventsTable(events, view) {
  if (events.length === 0)
    return empty("Nothing happened.");
  return grid({ name: "events", rows: events, bad: (event) => event.bad, columns: [
    ["Virtual time", "time", "t"],
    ["What", "", "kind"],
    ["Where", "", "where"],
    ["Event", "wide.tint", "text"],
  ], onOpen: ({ t, about: { call, conn } }) => view.select({ call, conn, at: t }) });
}
