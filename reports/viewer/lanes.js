// What the timeline draws, without drawing: which rows there are and how high each is, and
// what lies in them.  Pure functions over a record's model.
"use strict";

(() => {
    const MANY_CONNECTIONS = 8;

    // Give each bar [x0, x1] the first level where it fits.  Returns the number of levels;
    // bar.level is set.
    function packLevels(bars, gap, levelsMax) {
        const ends = [];
        for (const bar of bars) {
            const from = bar.x0;
            let level = ends.findIndex((end) => end <= from);
            if (level < 0)
                level = ends.length < levelsMax ? ends.length : ends.indexOf(Math.min(...ends));
            ends[level] = Math.max(ends[level] || 0, bar.x1 + gap);
            bar.level = level;
        }
        return Math.max(1, ends.length);
    }

    function callBars(model, axis, places) {
        return model.calls.map((call) => ({
            kind: "call", item: call, x0: places.start(call),
            x1: Number.isFinite(call.end) ? places.end(call, call.end) : axis.position(model.tEnd, 1),
            group: ripcord.endingGroup(call),
        }));
    }

    // A fault is there for the whole of its first and last instant.
    function faultBars(model, axis) {
        return model.faults.map((fault) => ({
            kind: "fault", item: fault, x0: axis.position(fault.t, 0),
            x1: axis.position(Number.isFinite(fault.end) ? fault.end : model.tEnd, 1),
            strikes: Array.isArray(fault.at) ? fault.at.filter(Number.isFinite) : [],
        }));
    }

    function checkBars(model, axis, places) {
        return model.checks.map((check) => {
            const x = places.start({ t: ripcord.checkTime(check) }, check);
            return { kind: "check", item: check, x0: x, x1: x };
        }).sort((a, b) => a.x0 - b.x0);
    }

    // One side of a connection: the client's, or what a server alone has seen.
    function stateBars(one, places, end) {
        const states = one.client.length > 0 ? one.client : one.server;
        return states.map((state) => ({ kind: "conn", item: one, state, x0: places.start(state),
                                        x1: state.next ? places.start(state.next) : end }));
    }

    function messageBars(model, dir, places) {
        return model.msgs.filter((msg) => (msg.dir === "s2c") === (dir === "s2c")).map((msg) => {
            const x0 = places.start(msg), arrived = Number.isFinite(msg.rx);
            return { kind: "msg", item: msg, x0, x1: arrived ? places.end(msg, msg.rx) : x0, arrived };
        });
    }

    function laneBars(lane, places, end) {
        const gauges = lane.gauges.map((gauge) => ({ kind: "gauge", item: gauge, x0: places.start(gauge), x1: end }));
        gauges.forEach((bar, i) => {
            if (i + 1 < gauges.length)
                bar.x1 = gauges[i + 1].x0;
        });
        return {
            gauges, bars: lane.spans.map((span) => ({ kind: "span", item: span, x0: places.start(span), x1: places.end(span, span.end) })),
            marks: lane.marks.map((mark) => ({ kind: "mark", item: mark, x0: places.start(mark), x1: places.start(mark) })),
        };
    }

    const SERVER_ORDER = ["listener", "reader", "callqueue", "handler", "responder", "respqueue", "idletimer"];

    function laneRank(lane) {
        const found = SERVER_ORDER.findIndex((word) => lane.id.includes(`/${word}`));
        return found < 0 ? SERVER_ORDER.length : found;
    }

    // What only repeats, or stands outside of a call's way: shown when everything is asked for.
    const isSide = (lane) => /^client/.test(lane.group) || /^client/.test(lane.id) || /\/main$/.test(lane.id);

    // A server's lanes by the way of a call: Listener, Readers, callQueue, Handlers, Responder.
    function serverLanes(model, all) {
        const groups = new Map();
        for (const lane of model.laneList) {
            const inner = lane.group === "network" || /^(conn|sconn|net)\//.test(lane.id) || /\/calls$/.test(lane.id);
            const used = lane.spans.length + lane.marks.length + lane.gauges.length > 0;
            const client = /^client/.test(lane.group) || /^client/.test(lane.id);
            if (inner || !used || (isSide(lane) && !all))
                continue;
            if (!groups.has(lane.group))
                groups.set(lane.group, { name: lane.group, client, lanes: [] });
            groups.get(lane.group).lanes.push(lane);
        }
        for (const group of groups.values())
            group.lanes = group.lanes.map((lane, i) => [lane, i])
                .sort((a, b) => laneRank(a[0]) - laneRank(b[0]) || a[1] - b[1]).map(([lane]) => lane);
        return [...groups.values()].sort((a, b) => a.client - b.client);
    }

    // A row a connection, or a client with all of its own.
    function connectionGroups(model, byClient) {
        const groups = new Map();
        for (const one of model.connections.slice(0, byClient ? Infinity : 200)) {
            const key = byClient ? one.line.client ?? "?" : one.id;
            groups.set(key, [...(groups.get(key) || []), one]);
        }
        return [...groups];
    }

    const hasManyConnections = (model) => model.connections.length > MANY_CONNECTIONS;

    function connectionRows(model, places, end, byClient) {
        const groups = connectionGroups(model, byClient), word = byClient ? "client" : "conn";
        const thin = groups.length > (byClient ? 20 : MANY_CONNECTIONS);
        const label = (i, key) => (!thin ? `${word} ${key}` : i > 0 ? "" :
            `${byClient ? groups.length : model.connections.length} ${byClient ? "clients" : "connections"}`);
        const rows = groups.map(([key, ones], i) => ({
            kind: "conn", label: label(i, key), ids: ones.map((one) => one.id), bars: ones.flatMap((one) => stateBars(one, places, end)).sort((a, b) => a.x0 - b.x0),
            height: thin ? Math.max(3, Math.min(7, Math.floor(300 / groups.length))) : 17 }));
        return thin ? [...rows, { kind: "space", height: 8 }] : rows;
    }

    // The rows from top to bottom follow a call on its way.  `show` has `all`, every lane, and
    // `byClient`.
    function layRows(model, axis, places, show = {}) {
        const rows = [];
        let y = 0;
        const add = (row) => {
            rows.push({ ...row, y });
            y += row.height;
        };
        const head = (label) => add({ kind: "group", label, height: 22 });

        const faults = faultBars(model, axis), calls = callBars(model, axis, places);
        if (faults.length > 0) {
            const levels = packLevels(faults, 90, 8);
            add({ kind: "faults", label: "Faults", bars: faults, level: 18, height: levels * 18 + 6 });
        }
        if (model.checks.length > 0)
            add({ kind: "checks", label: "Checks", height: 22, bars: checkBars(model, axis, places) });

        if (calls.length + model.connections.length > 0)
            head("Client");
        if (calls.length > 0) {
            let level = 15, levels = packLevels(calls, 2, 10);
            if (levels === 10) {
                levels = packLevels(calls, 1, 50);
                level = levels > 10 ? Math.max(3, Math.floor(170 / levels)) : 15;
            }
            add({ kind: "calls", label: "Calls", bars: calls, level, height: levels * level + 5 });
        }
        const end = axis.position(model.tEnd, 1);
        connectionRows(model, places, end, show.byClient).forEach(add);

        if (model.msgs.length > 0) {
            head("Network");
            for (const [dir, label] of [["c2s", "client → server"], ["s2c", "server → client"]])
                add({ kind: "net", dir, label, height: 32, bars: messageBars(model, dir, places) });
        }
        for (const group of serverLanes(model, show.all)) {
            head(group.name || "Server");
            for (const lane of group.lanes)
                add({ kind: "lane", label: lane.name, lane, height: lane.gauges.length > 0 ? 22 : 17,
                      highest: lane.gauges.reduce((max, gauge) => Math.max(max, gauge.v), 0), ...laneBars(lane, places, end) });
        }
        return { rows, height: y + 6 };
    }

    // Which rows a fault touches: the hatching lies on exactly these.
    function isTouched(fault, row) {
        const target = fault.target;
        if (target === null || typeof target !== "object")
            return false;
        const kind = String(fault.kind || "");
        const dir = target.dir || (/^(wire\.response|client\.read|server\.write)/.test(kind) ? "s2c" :
            /^(wire\.(request|preamble|context|ping)|server\.read|client\.write|net\.syn)/.test(kind) ? "c2s" : undefined);
        const onWire = kind.startsWith("net") || kind.startsWith("wire");
        if (row.kind === "lane")
            return target.lane === row.lane.id;
        if (row.kind === "conn")
            return row.ids.includes(target.conn);
        return row.kind === "net" && (dir === row.dir || target.lane === `net/${row.dir}` ||
            (onWire && !dir && target.lane === undefined));
    }

    // The way of one call through the rows: [{ x, y }], in the order in which it went.
    function journey(rows, id) {
        const callsRow = rows.find((row) => row.kind === "calls");
        const bar = callsRow && callsRow.bars.find((one) => one.item.id === id);
        if (!bar)
            return [];
        const y = callsRow.y + bar.level * callsRow.level + callsRow.level / 2 + 2;
        const steps = [];
        for (const row of rows) {
            const middle = row.y + row.height / 2, upper = row.y + 4, lower = row.y + row.height - 4;
            if (row.kind === "net")
                for (const one of row.bars.filter((bar_) => bar_.item.call === id)) {
                    steps.push({ x: one.x0, y: row.dir === "s2c" ? lower : upper });
                    if (one.arrived)
                        steps.push({ x: one.x1, y: row.dir === "s2c" ? upper : lower });
                }
            if (row.kind === "lane")
                for (const one of row.bars.filter((bar_) => bar_.item.call === id))
                    steps.push({ x: one.x0, y: middle }, { x: one.x1, y: middle });
        }
        const ended = bar.group === "never" ? Infinity : bar.x1; // the server may go on without it
        const before = steps.filter((step) => step.x <= ended).sort((a, b) => a.x - b.x);
        return [{ x: bar.x0, y }, ...before, ...(bar.group === "never" ? [] : [{ x: bar.x1, y }])];
    }

    // A burst's looks, so that only equal ones are folded together.
    function burstSignature(model) {
        const kinds = [];
        for (const msg of model.msgs)
            kinds.push([msg.t, msg.kind || "m"]);
        for (const mark of model.marks)
            kinds.push([mark.t, mark.kind || "k"]);
        for (const call of model.calls)
            kinds.push([call.t, "call"]);
        for (const check of model.checks)
            kinds.push([ripcord.checkTime(check), "check" + check.id]);
        kinds.sort((a, b) => a[0] - b[0]);
        const times = kinds.map(([t]) => t);
        return (burst) => {
            let low = 0, high = times.length;
            while (low < high) {
                const middle = (low + high) >> 1;
                if (times[middle] < burst.t0)
                    low = middle + 1;
                else
                    high = middle;
            }
            const words = [];
            for (; low < times.length && times[low] <= burst.t1 && words.length < 40; low++)
                words.push(kinds[low][1]);
            return words.sort().join(" ");
        };
    }

    const hasSideLanes = (model) => model.laneList.some((lane) => isSide(lane) && !/\/calls$/.test(lane.id) &&
        lane.spans.length + lane.marks.length + lane.gauges.length > 0);

    Object.assign(ripcord, { hasSideLanes, hasManyConnections, packLevels, layRows, isTouched, journey, burstSignature });
})();
