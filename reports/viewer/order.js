// What happens at one instant, in order.  In a simulation without latency whole conversations
// take no time at all; drawn by time alone they would lie on top of each other.  So an instant
// with several events gets a width, and its events stand in it in the order of the record.
// Pure functions.

const MANY = 6; // as many beginnings and ends make an instant wide

// Beginnings and ends of everything: { item, end, t, key, call }.  A line is written when its
// thing ends, so its place in the record is the order of its end; a key of null means that
// the beginning must be found by what it belongs to.
function pointsOf(model) {
  const points = [];
  const add = (item, end, t, key, call = item.call) => isNumber(t) && points.push({ item, end, t, key, call });
  const addBoth = (item, end) => {
    add(item, false, item.t, item[ORDER] - (end === item.t ? 0.5 : 0));
    add(item, true, end, item[ORDER]);
  };
  for (const one of [...model.marks, ...model.gauges, ...model.connections.flatMap(({ client, server }) => [...client, ...server])])
    add(one, false, one.t, one[ORDER]);
  for (const check of model.checks)
    add(check, false, checkTime(check), checkTime(check) === check.t ? check[ORDER] : Infinity);
  model.spans.forEach((span) => addBoth(span, span.end));
  model.msgs.forEach((msg) => addBoth(msg, msg.rx));
  for (const call of model.calls) {
    add(call, false, call.t, null, call.id);
    add(call, true, call.end, call[ORDER], call.id);
  }
  return points;
}

// A call is issued before anything else of it happens, also before the connection that is
// made for it.
function orderBeginnings(points) {
  const first = new Map(), made = new Map();
  for (const { item, key, call } of points) {
    if (key !== null && call !== undefined)
      first.set(call, Math.min(key, first.get(call) ?? Infinity));
    if (/^(new|connecting)$/.test(item.to) && /^conn\//.test(item.obj) && !made.has(Number(item.obj.slice(5))))
      made.set(Number(item.obj.slice(5)), key);
  }
  for (const point of points)
    point.key ??= Math.min(first.get(point.call) ?? Infinity, made.get(point.item.conn) ?? Infinity, 1e9) - 0.7;
  return points.sort((a, b) => a.key - b.key || a.end - b.end);
}

// For each item where in its instants it begins and ends, from 0 to 1, and how many points
// each wide instant has.
function orderInstants(model) {
  const shares = new Map(), counts = new Map();
  for (const [t, points] of grouped(pointsOf(model), (point) => point.t)) {
    if (points.length < MANY)
      continue;
    counts.set(t, points.length);
    orderBeginnings(points).forEach(({ item, end }, i) => {
      if (!shares.has(item))
        shares.set(item, [0.5, 0.5]);
      shares.get(item)[end ? 1 : 0] = (i + 0.5) / points.length;
    });
  }
  return { shares, counts };
}

// All beginnings and ends in the order in which they came.
const orderedPoints = (model) => orderBeginnings(pointsOf(model)).sort((a, b) => a.t - b.t);

// Positions on `axis` of the beginning and the end of an item.
function placesOn(axis, shares) {
  const middle = [0.5, 0.5];
  return {
    start: (item, owner = item) => axis.position(item.t, (shares.get(owner) || middle)[0]),
    end: (item, t) => axis.position(t, (shares.get(item) || middle)[1]),
  };
}
