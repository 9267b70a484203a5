// What happens at one instant, in order.  In a simulation without latency whole conversations
// take no time at all; drawn by time alone they would lie on top of each other.  So an instant
// with several events gets a width, and its events stand in it in the order of the record.
// Pure functions.
"use strict";

(() => {
    const MANY = 6; // as many beginnings and ends make an instant wide

    const isNumber = Number.isFinite;

    // Beginnings and ends of everything: { item, end, t, key, call }.  A line is written when its
    // thing ends, so its place in the record is the order of its end; a key of null means that
    // the beginning must be found by what it belongs to.
    function pointsOf(model) {
        const points = [];
        const add = (item, end, t, key, call) => isNumber(t) && points.push({ item, end, t, key, call });
        const order = (line) => line[ripcord.ORDER] || 0;
        for (const list of ["marks", "gauges"])
            for (const line of model[list])
                add(line, false, line.t, order(line), line.call);
        for (const one of model.connections)
            for (const state of [...one.client, ...one.server])
                add(state, false, state.t, order(state));
        for (const check of model.checks)
            add(check, false, ripcord.checkTime(check), ripcord.checkTime(check) === check.t ? order(check) : Infinity);
        for (const span of model.spans) {
            add(span, false, span.t, order(span) - (span.end === span.t ? 0.5 : 0), span.call);
            add(span, true, span.end, order(span), span.call);
        }
        for (const msg of model.msgs) {
            add(msg, false, msg.t, order(msg) - (msg.rx === msg.t ? 0.5 : 0), msg.call);
            add(msg, true, msg.rx, order(msg), msg.call);
        }
        for (const call of model.calls) {
            add(call, false, call.t, null, call.id);
            add(call, true, call.end, order(call), call.id);
        }
        return points;
    }

    // A call is issued before anything else of it happens, also before the connection that is
    // made for it.
    function orderBeginnings(points) {
        const first = new Map(), made = new Map();
        for (const point of points) {
            if (point.key !== null && point.call !== undefined)
                first.set(point.call, Math.min(point.key, first.get(point.call) ?? Infinity));
            if (/^(new|connecting)$/.test(point.item.to) && !made.has(Number(String(point.item.obj).slice(5))) && /^conn\//.test(point.item.obj))
                made.set(Number(point.item.obj.slice(5)), point.key);
        }
        for (const point of points)
            if (point.key === null)
                point.key = Math.min(first.get(point.call) ?? Infinity, made.get(point.item.conn) ?? Infinity, 1e9) - 0.7;
        points.sort((a, b) => a.key - b.key || a.end - b.end);
    }

    // For each item where in its instants it begins and ends, from 0 to 1, and how many points
    // each wide instant has.
    function orderInstants(model) {
        const instants = new Map();
        for (const point of pointsOf(model)) {
            if (!instants.has(point.t))
                instants.set(point.t, []);
            instants.get(point.t).push(point);
        }
        const shares = new Map(), counts = new Map();
        for (const [t, points] of instants) {
            if (points.length < MANY)
                continue;
            orderBeginnings(points);
            counts.set(t, points.length);
            points.forEach((point, i) => {
                if (!shares.has(point.item))
                    shares.set(point.item, [0.5, 0.5]);
                shares.get(point.item)[point.end ? 1 : 0] = (i + 0.5) / points.length;
            });
        }
        return { shares, counts };
    }

    // All beginnings and ends in the order in which they came.
    function orderedPoints(model) {
        const points = pointsOf(model);
        orderBeginnings(points);
        return points.sort((a, b) => a.t - b.t);
    }

    // Positions on `axis` of the beginning and the end of an item.
    function placesOn(axis, shares) {
        const middle = [0.5, 0.5];
        return {
            start: (item, owner = item) => axis.position(item.t, (shares.get(owner) || middle)[0]),
            end: (item, t) => axis.position(t, (shares.get(item) || middle)[1]),
        };
    }

    Object.assign(ripcord, { orderInstants, orderedPoints, placesOn });
})();
