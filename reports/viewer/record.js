// A record, read: JSON lines in, a model with sorted lists out.  Pure functions.
//
// Nothing in a record is trusted: a line that does not parse, has no type, or lacks the times
// that its type needs is passed over and counted; unknown types and fields are skipped.
"use strict";

(() => {
    const ENDING_GROUPS = { value: "ok", remote_error: "remote", remote_fatal: "remote",
                            never: "never" };
    const ENDING_WORDS = {
        value: "value", remote_error: "remote error", remote_fatal: "FATAL", setup_failed:
        "set-up failed", refused: "refused", connect_timeout: "connect time-out", unreachable:
        "unreachable", read_timeout: "read time-out", eof: "end of stream", reset: "reset",
        bad_reply: "bad reply", internal: "internal", stopped: "stopped", interrupted:
        "interrupted", encode_error: "encode error", rejected: "rejected", never: "never ended",
    };
    const STATUS_WORDS = {
        passed: "passed", failed: "failed", broken: "broken", known: "known bug", fixed:
        "fixed, still listed as known", skipped: "skipped",
    };
    const STATUS_MEANINGS = {
        passed: "passed: every check holds", failed: "failed: a check does not hold",
        broken: "broken: a script's error, a crash, a fault that never struck", known: "known bug: it fails as registered",
        fixed: "fixed: registered as known, but it passes", skipped: "skipped: it cannot be played here",
    };
    const STATUS_SIGNS = { passed: "✓", failed: "✕", broken: "!", known: "~", fixed: "↑",
                           skipped: "–" };

    const ORDER = Symbol("the line's number in the record");

    const isNumber = Number.isFinite;
    const isText = (value) => typeof value === "string";
    const isObject = (value) => value !== null && typeof value === "object";

    // The fields that a line must have to be drawn, by type.
    const NEEDED = {
        lane: { id: isText }, conn: { id: isNumber }, state: { t: isNumber, obj: isText, to: isText },
        call: { id: isNumber, t: isNumber }, span: { lane: isText, t: isNumber, end: isNumber },
        mark: { lane: isText, t: isNumber }, gauge: { lane: isText, t: isNumber, v: isNumber },
        msg: { conn: isNumber, t: isNumber }, frame: { id: isNumber, hex: isText },
        fault: { t: isNumber }, check: { t: isNumber }, log: { t: isNumber },
    };
    const LISTS = { lane: "lanes", conn: "conns", state: "states", call: "calls", span: "spans",
                    mark: "marks", gauge: "gauges", msg: "msgs", frame: "frames", fault: "faults",
                    check: "checks", log: "logs" };

    function hasNeeded(line) {
        const needed = NEEDED[line.type];
        return Object.keys(needed).every((key) => needed[key](line[key]));
    }

    function readLines(text, model) {
        let begin = 0, number = 0;
        while (begin < text.length) {
            let end = text.indexOf("\n", begin);
            const whole = end >= 0;
            if (!whole)
                end = text.length;
            const raw = text.slice(begin, end);
            begin = end + 1;
            if (raw.trim() === "")
                continue;
            let line = null;
            try {
                line = JSON.parse(raw);
            } catch {
                // counted below
            }
            if (!isObject(line) || !isText(line.type))
                whole ? model.skipped++ : (model.truncated = true);
            else if (line.type === "scenario")
                model.scenario = model.scenario || line;
            else if (line.type === "end")
                model.end = line;
            else if (!Object.hasOwn(LISTS, line.type))
                model.unknown++;
            else if (!hasNeeded(line))
                model.skipped++;
            else {
                line[ORDER] = ++number;
                model[LISTS[line.type]].push(line);
            }
        }
    }

    // States of one side of a connection, with the time each lasted.
    function intervals(states, tEnd) {
        return states.map((state, i) => ({
            ...state, end: i + 1 < states.length ? states[i + 1].t : tEnd,
        })).map((state, i, all) => Object.assign(state, { next: all[i + 1] }));
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
        for (const one of model.connections) {
            one.client = intervals(one.client, model.tEnd);
            one.server = intervals(one.server, model.tEnd);
        }
    }

    // Every time that something begins or ends at: what the time axis is folded over.
    function eventTimes(model) {
        const times = [0, model.tEnd];
        const add = (t) => isNumber(t) && times.push(t);
        for (const list of ["calls", "spans", "faults"])
            for (const line of model[list])
                add(line.t), add(line.end);
        for (const list of ["states", "marks", "gauges", "logs"])
            for (const line of model[list])
                add(line.t);
        for (const msg of model.msgs)
            add(msg.t), add(msg.rx);
        for (const check of model.checks)
            add(checkTime(check));
        for (const fault of model.faults)
            for (const t of Array.isArray(fault.at) ? fault.at : [])
                add(t);
        return times;
    }

    function checkTime(check) {
        return isObject(check.about) && isNumber(check.about.t) ? check.about.t : check.t;
    }

    const callName = (call) => call.method || "call";

    function describeMessage(msg) {
        const to = msg.dir === "s2c" ? "to client" : "to server";
        let text = `${msg.kind || "message"} ${to} on connection ${msg.conn}`;
        if (isNumber(msg.call))
            text += `, call ${msg.call}`;
        if (isNumber(msg.len))
            text += `, ${ripcord.formatBytes(msg.len)}`;
        text += `, ${msg.fate || "delivered"}`;
        if (isNumber(msg.rx) && msg.rx > msg.t)
            text += ` after ${ripcord.formatDuration(msg.rx - msg.t)}`;
        if (isText(msg.fault))
            text += ` (${msg.fault})`;
        return isText(msg.note) ? `${text}: ${msg.note}` : text;
    }

    // Until when a message that never arrives is held: its fault's end, or the connection's.
    function heldTime(model, msg) {
        const fault = model.faults.find((one) => one.id === msg.fault);
        const connection = model.connections.find((one) => one.id === msg.conn) || { client: [], server: [] };
        const closed = [...connection.client, ...connection.server].filter((state) => state.to === "closed" && state.t >= msg.t);
        return Math.min(fault && isNumber(fault.end) ? fault.end : model.tEnd, ...closed.map((state) => state.t), model.tEnd);
    }

    const ON = (line) => (isNumber(line.conn) ? `, connection ${line.conn}` : "") +
        (isNumber(line.call) ? `, call ${line.call}` : "");

    // Everything in time order, each with a sentence: the text form of the timeline.
    function listEvents(model) {
        const events = [];
        const add = (t, kind, where, text, about, bad) =>
            events.push({ t, kind, where, text: String(text), about, bad: !!bad });
        for (const call of model.calls) {
            add(call.t, "call", "client", `call ${call.id} ${callName(call)} is issued` +
                (isNumber(call.conn) ? ` on connection ${call.conn}` : ""), { call: call.id });
            if (isNumber(call.end))
                add(call.end, "end", "client", `call ${call.id} ${callName(call)} ends: ` +
                    endingWords(call) + (isObject(call.error) && isText(call.error.message) ?
                        `, ${call.error.message}` : ""), { call: call.id },
                    endingGroup(call) === "local");
        }
        for (const state of model.states)
            add(state.t, "state", state.obj, `${state.to}${state.why ? ": " + state.why : ""}`,
                { conn: Number(state.obj.replace(/\D/g, "")) });
        for (const span of model.spans)
            add(span.t, span.kind || "span", span.lane, `${span.kind || "work"}` +
                `${span.label ? " " + span.label : ""} for ` +
                ripcord.formatDuration(span.end - span.t) + ON(span), span);
        for (const mark of model.marks)
            add(mark.t, mark.kind || "mark", mark.lane,
                (mark.text || mark.kind || "") + ON(mark), mark);
        for (const msg of model.msgs)
            add(msg.t, "message", msg.dir === "s2c" ? "net/s2c" : "net/c2s", describeMessage(msg),
                { call: msg.call, conn: msg.conn }, msg.fate === "dropped");
        for (const fault of model.faults) {
            add(fault.t, "fault", fault.id || "fault", `${fault.kind || "fault"} is armed`,
                { fault: fault.id });
            for (const t of Array.isArray(fault.at) ? fault.at.filter(isNumber) : [])
                add(t, "strike", fault.id || "fault", `${fault.kind || "fault"} strikes`,
                    { fault: fault.id });
            if (isNumber(fault.end))
                add(fault.end, "fault", fault.id || "fault", `${fault.kind || "fault"} is lifted`,
                    { fault: fault.id });
        }
        for (const check of model.checks)
            add(checkTime(check), "check", check.id || "check",
                `${check.ok ? "holds" : "failed"}: ${check.expr || ""}`, check.about || {},
                !check.ok);
        for (const log of model.logs)
            add(log.t, "log", log.lane || "log", log.text || "", {}, log.level === "error");
        return events.map((event, i) => ({ ...event, order: i }))
            .sort((a, b) => a.t - b.t || a.order - b.order);
    }

    function endingGroup(call) {
        return Object.hasOwn(ENDING_GROUPS, call.ending) ? ENDING_GROUPS[call.ending] : "local";
    }

    function endingWords(call) {
        return Object.hasOwn(ENDING_WORDS, call.ending) ? ENDING_WORDS[call.ending] :
            String(call.ending || "unknown");
    }

    // Lanes that spans, marks and gauges use, those without a line of their own too.
    function usedLanes(model) {
        const lanes = new Map();
        for (const lane of model.lanes)
            lanes.set(lane.id, { id: lane.id, group: lane.group || "", name: lane.name || lane.id,
                                 spans: [], marks: [], gauges: [] });
        for (const list of ["spans", "marks", "gauges"])
            for (const line of model[list]) {
                if (!lanes.has(line.lane)) {
                    const [group, ...rest] = line.lane.split("/");
                    lanes.set(line.lane, { id: line.lane, group, name: rest.join(" ") || group,
                                           spans: [], marks: [], gauges: [] });
                }
                lanes.get(line.lane)[list].push(line);
            }
        return [...lanes.values()];
    }

    function parseRecord(text) {
        const model = { scenario: null, end: null, skipped: 0, unknown: 0, truncated: false };
        for (const list of Object.values(LISTS))
            model[list] = [];
        readLines(text, model);
        const byTime = (a, b) => a.t - b.t;
        for (const list of ["states", "calls", "spans", "marks", "gauges", "msgs", "faults", "logs"])
            model[list].sort(byTime);
        model.tEnd = 0;
        model.tEnd = eventTimes({ ...model, tEnd: model.end && isNumber(model.end.t) ?
            model.end.t : 0 }).reduce((a, b) => Math.max(a, b), 0);
        model.scenario = model.scenario || {};
        joinConnections(model);
        model.laneList = usedLanes(model);
        model.frameById = new Map(model.frames.map((frame) => [frame.id, frame]));
        return model;
    }

    // "purge.slow_reader/handlers=10@2.6#7" in parts.
    function splitName(name) {
        const [, base, column = "", seed = ""] = /^([^@]*)(?:@([^#]*))?(?:#(.*))?$/.exec(name) ||
            [null, name];
        const dot = base.search(/[./]/);
        const inFolder = dot > 0 && base[dot] === ".";
        return { base, column, seed, folder: inFolder ? base.slice(0, dot) : "",
                 short: inFolder ? base.slice(dot + 1) : base };
    }

    // Rows by folder, a column a release or subject: what the matrix and the list at the left
    // show.  Rows keep the order of the results within their folder.
    function buildMatrix(results) {
        const columns = [];
        const folders = new Map();
        results.forEach((result, index) => {
            const parts = splitName(result.name);
            if (!columns.includes(parts.column))
                columns.push(parts.column);
            if (!folders.has(parts.folder))
                folders.set(parts.folder, new Map());
            const rows = folders.get(parts.folder);
            if (!rows.has(parts.base))
                rows.set(parts.base, { base: parts.base, short: parts.short, title: result.title,
                                       cells: new Map() });
            const cells = rows.get(parts.base).cells;
            if (!cells.has(parts.column))
                cells.set(parts.column, []);
            cells.get(parts.column).push(index);
        });
        columns.sort((a, b) => (/^\d/.test(b) - /^\d/.test(a)) ||
            a.localeCompare(b, "en", { numeric: true }));
        return { columns, folders: [...folders].sort((a, b) => (a[0] < b[0] ? -1 : 1))
            .map(([folder, rows]) => ({ folder, rows: [...rows.values()] })) };
    }

    const SEVERITY = ["failed", "fixed", "broken", "known", "skipped", "passed"];

    // The status that speaks for several: the worst.
    function worst(statuses) {
        return SEVERITY.find((status) => statuses.includes(status)) || "passed";
    }

    Object.assign(ripcord, { ORDER, parseRecord, eventTimes, checkTime, listEvents, describeMessage, heldTime,
                             endingGroup, endingWords, splitName, buildMatrix, worst, callName,
                             STATUS_WORDS, STATUS_MEANINGS, STATUS_SIGNS });
})();
