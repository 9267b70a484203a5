// What the timeline draws, without drawing: which rows there are and how high each is, and
// what lies in them.  Pure functions over a record's model.

const MANY_CONNECTIONS = 8;

// Give each bar [x0, x1] the first level where it fits.  Returns the number of levels;
// bar.level is set.
function packLevels(bars, gap, levelsMax) {
  const ends = [];
  for (const bar of bars) {
    const free = ends.findIndex((end) => end <= bar.x0);
    bar.level = free >= 0 ? free : ends.length < levelsMax ? ends.length : ends.indexOf(Math.min(...ends));
    ends[bar.level] = Math.max(ends[bar.level] || 0, bar.x1 + gap);
  }
  return Math.max(1, ends.length);
}

// What is drawn is made of bars: { kind, item, x0, x1 }, and what else its kind needs.
function barsOf(model, axis, places) {
  const end = axis.position(model.tEnd, 1);
  const at = (kind) => (item) => ({ kind, item, x0: places.start(item), x1: places.start(item) });
  return {
    end, marks: (marks) => marks.map(at("mark")),
    calls: () => model.calls.map((call) => ({ kind: "call", item: call, x0: places.start(call),
      x1: isNumber(call.end) ? places.end(call, call.end) : end, group: endingGroup(call) })),
    // A fault is there for the whole of its first and last instant.
    faults: () => model.faults.map((fault) => ({ kind: "fault", item: fault, x0: axis.position(fault.t, 0),
      x1: axis.position(endOf(model, fault), 1), strikes: strikesOf(fault) })),
    checks: () => model.checks.map((check) => {
      const x = places.start({ t: checkTime(check) }, check);
      return { kind: "check", item: check, x0: x, x1: x };
    }).sort((a, b) => a.x0 - b.x0),
    states: (one) => statesOf(one).map((state) => ({ kind: "conn", item: one, state, x0: places.start(state),
      x1: state.next ? places.start(state.next) : end })),
    messages: (dir) => model.msgs.filter((msg) => (msg.dir === "s2c") === (dir === "s2c")).map((msg) => ({
      ...at("msg")(msg), arrived: isNumber(msg.rx), ...(isNumber(msg.rx) && { x1: places.end(msg, msg.rx) }) })),
    spans: (spans) => spans.map((span) => ({ ...at("span")(span), x1: places.end(span, span.end) })),
    gauges: (gauges) => gauges.map((gauge, i) => ({ ...at("gauge")(gauge),
      x1: i + 1 < gauges.length ? places.start(gauges[i + 1]) : end })),
  };
}

const SERVER_ORDER = ["listener", "reader", "callqueue", "handler", "responder", "respqueue", "idletimer"];

function laneRank(lane) {
  const found = SERVER_ORDER.findIndex((word) => lane.id.includes(`/${word}`));
  return found < 0 ? SERVER_ORDER.length : found;
}

const isOfClient = (lane) => /^client/.test(lane.group) || /^client/.test(lane.id);
// What only repeats, or stands outside of a call's way: shown when everything is asked for.
const isSide = (lane) => isOfClient(lane) || /\/main$/.test(lane.id);
const isDrawn = (lane) => lane.group !== "network" && !/^(conn|sconn|net)\/|\/calls$/.test(lane.id) &&
  lane.spans.length + lane.marks.length + lane.gauges.length > 0;

const hasSideLanes = (model) => model.laneList.some((lane) => isSide(lane) && isDrawn(lane));
const hasManyConnections = (model) => model.connections.length > MANY_CONNECTIONS;

// A server's lanes by the way of a call: Listener, Readers, callQueue, Handlers, Responder.
function serverLanes(model, all) {
  const lanes = model.laneList.filter((lane) => isDrawn(lane) && (all || !isSide(lane)));
  return [...grouped(lanes, (lane) => lane.group)].map(([name, list]) => ({ name, client: isOfClient(list[0]),
    lanes: list.sort((a, b) => laneRank(a) - laneRank(b)) })).sort((a, b) => a.client - b.client);
}

// A row a connection, or a client with all of its own.
function connectionRows(model, bars, byClient) {
  const groups = [...grouped(model.connections, (one) => (byClient ? one.line.client ?? "?" : one.id))]
    .slice(0, byClient ? Infinity : 200);
  const thin = groups.length > (byClient ? 20 : MANY_CONNECTIONS);
  const all = byClient ? `${groups.length} clients` : `${model.connections.length} connections`;
  const rows = groups.map(([id, ones], i) => ({
    kind: "conn", label: !thin ? `${byClient ? "client" : "conn"} ${id}` : i > 0 ? "" : all, ids: ones.map((one) => one.id),
    bars: ones.flatMap(bars.states).sort((a, b) => a.x0 - b.x0),
    height: thin ? Math.max(3, Math.min(7, Math.floor(300 / groups.length))) : 17 }));
  return thin ? [...rows, { kind: "space", height: 8 }] : rows;
}

function callsRow(bars) {
  let level = 15, levels = packLevels(bars, 2, 10);
  if (levels === 10) {
    levels = packLevels(bars, 1, 50);
    level = levels > 10 ? Math.max(3, Math.floor(170 / levels)) : 15;
  }
  return { kind: "calls", label: "Calls", bars, level, height: levels * level + 5 };
}

// The rows from top to bottom follow a call on its way.  `show` has `all`, every lane, and
// `byClient`.
function layRows(model, axis, places, show = {}) {
  const rows = [], bars = barsOf(model, axis, places), head = (label) => rows.push({ kind: "group", label, height: 22 });
  if (model.faults.length > 0) {
    const faults = bars.faults();
    rows.push({ kind: "faults", label: "Faults", bars: faults, level: 18, height: packLevels(faults, 90, 8) * 18 + 6 });
  }
  if (model.checks.length > 0)
    rows.push({ kind: "checks", label: "Checks", height: 22, bars: bars.checks() });
  if (model.calls.length + model.connections.length > 0)
    head("Client");
  if (model.calls.length > 0)
    rows.push(callsRow(bars.calls()));
  rows.push(...connectionRows(model, bars, show.byClient));
  if (model.msgs.length > 0) {
    head("Network");
    for (const [dir, label] of [["c2s", "client → server"], ["s2c", "server → client"]])
      rows.push({ kind: "net", dir, label, height: 32, bars: bars.messages(dir) });
  }
  for (const group of serverLanes(model, show.all)) {
    head(group.name || "Server");
    for (const lane of group.lanes)
      rows.push({ kind: "lane", label: lane.name, lane, height: lane.gauges.length > 0 ? 22 : 17, bars: bars.spans(lane.spans),
                  marks: bars.marks(lane.marks), gauges: bars.gauges(lane.gauges),
                  highest: lane.gauges.reduce((max, gauge) => Math.max(max, gauge.v), 0) });
  }
  let y = 0;
  for (const row of rows) {
    row.y = y;
    y += row.height;
  }
  return { rows, height: y + 6 };
}

// Which rows a fault touches: the hatching lies on exactly these.
function isTouched({ target, kind }, row) {
  if (!isObject(target))
    return false;
  const point = String(kind || ""), dir = target.dir || (/^(wire\.response|client\.read|server\.write)/.test(point) ? "s2c" :
    /^(wire\.(request|preamble|context|ping)|server\.read|client\.write|net\.syn)/.test(point) ? "c2s" : undefined);
  if (row.kind === "lane")
    return target.lane === row.lane.id;
  if (row.kind === "conn")
    return row.ids.includes(target.conn);
  return row.kind === "net" && (dir === row.dir || target.lane === `net/${row.dir}` ||
    (/^(net|wire)/.test(point) && !dir && target.lane === undefined));
}

// The way of one call through the rows: [{ x, y }], in the order in which it went.
function journey(rows, id) {
  const calls = rows.find((row) => row.kind === "calls"), bar = calls?.bars.find((one) => one.item.id === id);
  if (!bar)
    return [];
  const y = calls.y + bar.level * calls.level + calls.level / 2 + 2, steps = [];
  for (const row of rows.filter(({ kind }) => kind === "net" || kind === "lane"))
    for (const { x0, x1, arrived } of row.bars.filter((one) => one.item.call === id)) {
      const edges = row.kind === "lane" ? [row.height / 2, row.height / 2] : [4, row.height - 4];
      if (row.dir === "s2c")
        edges.reverse();
      steps.push({ x: x0, y: row.y + edges[0] });
      if (arrived !== false)
        steps.push({ x: x1, y: row.y + edges[1] });
    }
  const ended = bar.group === "never" ? Infinity : bar.x1; // the server may go on without it
  const way = steps.filter((step) => step.x <= ended).sort((a, b) => a.x - b.x);
  return [{ x: bar.x0, y }, ...way, ...(bar.group === "never" ? [] : [{ x: bar.x1, y }])];
}

// A burst's looks, so that only equal ones are folded together.
function burstSignature(model) {
  const kinds = [...model.msgs.map((msg) => [msg.t, msg.kind || "m"]), ...model.marks.map((mark) => [mark.t, mark.kind || "k"]),
                 ...model.calls.map((call) => [call.t, "call"]), ...model.checks.map((check) => [checkTime(check), `check${check.id}`])]
    .sort((a, b) => a[0] - b[0]);
  return ({ t0, t1 }) => {
    const first = firstFrom(kinds, t0, ([t]) => t), some = kinds.slice(first, first + 40);
    return some.filter(([t]) => t <= t1).map(([, kind]) => kind).sort().join(" ");
  };
}
