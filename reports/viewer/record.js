// A record, read: JSON lines in, a model with sorted lists out.  Pure functions.
//
// Nothing in a record is trusted: a line that does not parse, has no type, or lacks the times
// that its type needs is passed over and counted; unknown types and fields are skipped.

const ORDER = Symbol("the line's number in the record");

const isNumber = Number.isFinite;
const isText = (value) => typeof value === "string";
const isObject = (value) => value !== null && typeof value === "object";

// The fields that a line must have to be drawn, by type.  A model has a list of each type.
const NEEDED = {
  lane: { id: isText }, conn: { id: isNumber }, state: { t: isNumber, obj: isText, to: isText },
  call: { id: isNumber, t: isNumber }, span: { lane: isText, t: isNumber, end: isNumber },
  mark: { lane: isText, t: isNumber }, gauge: { lane: isText, t: isNumber, v: isNumber },
  msg: { conn: isNumber, t: isNumber }, frame: { id: isNumber, hex: isText },
  fault: { t: isNumber }, check: { t: isNumber }, log: { t: isNumber },
};

function parsed(raw) {
  try {
    const line = JSON.parse(raw);
    return isObject(line) && isText(line.type) ? line : null;
  } catch {
    return null;
  }
}

function readLines(text, model) {
  text.split("\n").forEach((raw, number, all) => {
    if (raw.trim() === "")
      return;
    const line = parsed(raw), needed = line && Object.hasOwn(NEEDED, line.type) && NEEDED[line.type];
    if (!line && number === all.length - 1)
      model.truncated = true;
    else if (line?.type === "scenario")
      model.scenario ||= line;
    else if (line?.type === "end")
      model.end = line;
    else if (line && !needed)
      model.unknown++;
    else if (!line || Object.keys(needed).some((key) => !needed[key](line[key])))
      model.skipped++;
    else {
      line[ORDER] = number + 1;
      model[`${line.type}s`].push(line);
    }
  });
}

// The first index of a rising list whose value is not below `wanted`.
function firstFrom(list, wanted, valueOf = (one) => one) {
  let low = 0, high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (valueOf(list[middle]) < wanted)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

// A map of lists, by what keyOf says of each.
function grouped(list, keyOf) {
  const groups = new Map();
  for (const one of list) {
    const key = keyOf(one);
    if (groups.has(key))
      groups.get(key).push(one);
    else
      groups.set(key, [one]);
  }
  return groups;
}

// An end that is not in the record is that of the run.
const endOf = (model, { end }) => (isNumber(end) ? end : model.tEnd);
const strikesOf = (fault) => (Array.isArray(fault.at) ? fault.at.filter(isNumber) : []);

// One side of a connection: the client's, or what a server alone has seen.
const statesOf = (one) => (one.client.length > 0 ? one.client : one.server);

// States of one side of a connection, with the time each lasted.
function intervals(states, tEnd) {
  const made = states.map((state, i) => ({ ...state, end: i + 1 < states.length ? states[i + 1].t : tEnd }));
  made.forEach((state, i) => { state.next = made[i + 1]; });
  return made;
}

function joinConnections(model) {
  const byId = new Map();
  const connection = (id) => {
    if (!byId.has(id))
      byId.set(id, { id, client: [], server: [], calls: 0, line: {} });
    return byId.get(id);
  };
  for (const line of model.conns)
    connection(line.id).line = line;
  for (const state of model.states) {
    const [, server, id] = /^(s?)conn\/(\d+)$/.exec(state.obj) || [];
    if (id !== undefined)
      connection(Number(id))[server ? "server" : "client"].push(state);
  }
  for (const call of model.calls)
    if (isNumber(call.conn))
      connection(call.conn).calls++;
  for (const msg of model.msgs)
    connection(msg.conn);
  model.connections = [...byId.values()].sort((a, b) => a.id - b.id);
  for (const one of model.connections)
    for (const side of ["client", "server"])
      one[side] = intervals(one[side], model.tEnd);
}

// Every time that something begins or ends at: what the time axis is folded over.
function eventTimes(model) {
  const of = (list, ...keys) => keys.flatMap((key) => model[list].map((line) => line[key]));
  return [0, model.tEnd, ...of("calls", "t", "end"), ...of("spans", "t", "end"), ...of("faults", "t", "end"),
          ...of("msgs", "t", "rx"), ...of("states", "t"), ...of("marks", "t"), ...of("gauges", "t"), ...of("logs", "t"),
          ...model.checks.map(checkTime), ...model.faults.flatMap(strikesOf)].filter(isNumber);
}

// Until when a message that never arrives is held: its fault's end, or the connection's.
function heldTime(model, msg) {
  const fault = model.faults.find((one) => one.id === msg.fault);
  const { client, server } = model.connections.find((one) => one.id === msg.conn) || { client: [], server: [] };
  const closed = [...client, ...server].filter((state) => state.to === "closed" && state.t >= msg.t);
  return Math.min(endOf(model, fault || {}), ...closed.map((state) => state.t), model.tEnd);
}

// Lanes that spans, marks and gauges use, those without a line of their own too.
function usedLanes(model) {
  const lanes = new Map();
  const add = (id, group, name) => lanes.set(id, { id, group, name, spans: [], marks: [], gauges: [] });
  for (const lane of model.lanes)
    add(lane.id, lane.group || "", lane.name || lane.id);
  for (const list of ["spans", "marks", "gauges"])
    for (const line of model[list]) {
      if (!lanes.has(line.lane)) {
        const [group, ...rest] = line.lane.split("/");
        add(line.lane, group, rest.join(" ") || group);
      }
      lanes.get(line.lane)[list].push(line);
    }
  return [...lanes.values()];
}

function parseRecord(text) {
  const model = { scenario: null, end: null, skipped: 0, unknown: 0, truncated: false, tEnd: 0 };
  for (const type of Object.keys(NEEDED))
    model[`${type}s`] = [];
  readLines(text, model);
  for (const list of ["states", "calls", "spans", "marks", "gauges", "msgs", "faults", "logs"])
    model[list].sort((a, b) => a.t - b.t);
  model.tEnd = isNumber(model.end?.t) ? model.end.t : 0;
  model.tEnd = eventTimes(model).reduce((a, b) => Math.max(a, b));
  model.scenario ||= {};
  model.failed = model.checks.filter((check) => !check.ok);
  model.callById = new Map(model.calls.map((call) => [call.id, call]));
  joinConnections(model);
  model.laneList = usedLanes(model);
  model.frameById = new Map(model.frames.map((frame) => [frame.id, frame]));
  return model;
}

// "purge.slow_reader/handlers=10@2.6#7" in parts.
function splitName(name) {
  const [, base, column = "", seed = ""] = /^([^@]*)(?:@([^#]*))?(?:#(.*))?$/.exec(name) || [null, name];
  const dot = base.search(/[./]/), inFolder = dot > 0 && base[dot] === ".";
  return { base, column, seed, folder: inFolder ? base.slice(0, dot) : "", short: inFolder ? base.slice(dot + 1) : base };
}

// Rows by folder, a column a release or subject: what the matrix and the list at the left show.
// Rows keep the order of the results within their folder.
function buildMatrix(results) {
  const named = results.map((result, index) => ({ ...splitName(result.name), title: result.title, index }));
  const columns = [...new Set(named.map(({ column }) => column))].sort((a, b) => (/^\d/.test(b) - /^\d/.test(a)) ||
    a.localeCompare(b, "en", { numeric: true }));
  const rowsOf = (list) => [...grouped(list, ({ base }) => base).values()].map((cells) => ({ ...cells[0],
    cells: new Map([...grouped(cells, ({ column }) => column)].map(([column, ones]) => [column, ones.map(({ index }) => index)])) }));
  const folders = [...grouped(named, ({ folder }) => folder)].sort((a, b) => (a[0] < b[0] ? -1 : 1));
  return { columns, folders: folders.map(([folder, list]) => ({ folder, rows: rowsOf(list) })) };
}
