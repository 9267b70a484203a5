// The tables of a scenario: calls, connections, messages, faults and checks, events.  They
// sort, they filter, and beyond 200 rows they draw only what is in view.
"use strict";

(() => {
    const { element } = ripcord;
    const VIRTUAL_FROM = 200, ROW_HEIGHT = 30, FILTER_FROM = 8;

    const textOf = (value) => (value === null || value === undefined ? "" : String(value));

    function compare(a, b) {
        if (typeof a === "number" && typeof b === "number")
            return a - b;
        if (typeof a === "number" || typeof b === "number")
            return typeof a === "number" ? -1 : 1;
        return textOf(a) < textOf(b) ? -1 : textOf(a) > textOf(b) ? 1 : 0;
    }

    // A table of `rows`.  A column has a title, value(row) to sort and filter by, and optionally
    // cell(row) for what is shown, a class.  `onOpen(row)` is called for a chosen row.
    function grid({ name, columns, rows, onOpen, isSelected = () => false, bad = () => false }) {
        const body = element("tbody");
        const count = element("span", { role: "status" });
        const scroller = element("div.grid", { tabindex: "0", role: "region", "aria-label": name });
        let shown = rows, sortBy = -1, falling = false;

        const drawRow = (row) => {
            const tr = element(`tr${onOpen ? ".link" : ""}${isSelected(row) ? ".selected" : ""}`);
            for (const column of columns) {
                const what = column.cell ? column.cell(row) : textOf(column.value(row));
                tr.append(element("td" + (column.class ? "." + column.class : "") +
                    (column.tint && bad(row) ? ".bad" : ""), {}, what));
            }
            if (onOpen)
                tr.addEventListener("click", () => onOpen(row));
            return tr;
        };
        const space = (height) => element("tr.pad", { "aria-hidden": "true" },
            element("td", { colspan: columns.length, style: `height:${height}px` }));
        const draw = () => {
            if (shown.length <= VIRTUAL_FROM) {
                body.replaceChildren(...shown.map(drawRow));
                return;
            }
            const first = Math.max(0, Math.floor(scroller.scrollTop / ROW_HEIGHT) - 20);
            const last = Math.min(shown.length, first + 60);
            body.replaceChildren(space(first * ROW_HEIGHT), ...shown.slice(first, last).map(drawRow),
                                 space((shown.length - last) * ROW_HEIGHT));
        };
        let asked = false;
        scroller.addEventListener("scroll", () => {
            if (shown.length > VIRTUAL_FROM && !asked) {
                asked = true;
                requestAnimationFrame(() => { asked = false; draw(); });
            }
        });

        const heads = columns.map((column, i) => element("th" + (column.class === "num" ? ".num" : ""),
            { scope: "col" }, element("button", { type: "button", onclick: () => sort(i) }, column.title || element("span.spoken", {}, column.label))));
        const sort = (i) => {
            falling = sortBy === i && !falling;
            sortBy = i;
            heads.forEach((head, k) => {
                if (k === i)
                    head.setAttribute("aria-sort", falling ? "descending" : "ascending");
                else
                    head.removeAttribute("aria-sort");
            });
            apply();
        };
        const filter = element("input", { type: "search", placeholder: "Filter", "aria-label":
            `Filter ${name}`, oninput: () => apply() });
        const apply = () => {
            const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
            shown = words.length === 0 ? [...rows] : rows.filter((row) => {
                const text = columns.map((column) => textOf(column.text ? column.text(row) :
                    column.value(row))).join(" ").toLowerCase();
                return words.every((word) => text.includes(word));
            });
            if (sortBy >= 0)
                shown.sort((a, b) => compare(columns[sortBy].value(a), columns[sortBy].value(b)) *
                    (falling ? -1 : 1));
            count.textContent = shown.length === rows.length ? `${rows.length} row${rows.length === 1 ? "" : "s"}` :
                `${shown.length} of ${rows.length} rows`;
            scroller.scrollTop = 0;
            draw();
        };
        scroller.append(element("table", {}, element("thead", {}, element("tr", {}, heads)), body));
        apply();
        const whole = element("div", {}, rows.length >= FILTER_FROM && element("div.tools", {}, filter, count), scroller);
        whole.redraw = draw;
        return whole;
    }

    const empty = (text) => element("p.empty", {}, text);
    const duration = (ns) => (Number.isFinite(ns) ? ripcord.formatDuration(ns) : "");
    const took = (call) => (Number.isFinite(call.end) ? call.end - call.t : Infinity);
    const signs = { ok: "✓", remote: "!", local: "✕", never: "–" };
    const PHASES = [["connect", "--connecting"], ["send", "--call-tint"], ["queue", "--skip-mark"],
                    ["handle", "--work"], ["respond", "--response"]];

    function ending(call) {
        const group = ripcord.endingGroup(call);
        return element(`span.ending.${group}`, {}, `${signs[group]} ${ripcord.endingWords(call)}`);
    }

    function phaseBar(call) {
        const phases = call.phases;
        if (phases === null || typeof phases !== "object")
            return "";
        const parts = PHASES.filter(([name]) => phases[name] > 0);
        const sum = parts.reduce((total, [name]) => total + phases[name], 0);
        const words = parts.map(([name]) => `${name} ${duration(phases[name])}`).join(", ");
        return sum <= 0 ? "" : element("span.phases", { role: "img", "aria-label": words, title: words },
            parts.map(([name, colour]) => element("i", {
                style: `width:${100 * phases[name] / sum}%;background:var(${colour})` })));
    }

    function errorText(call) {
        const error = call.error;
        if (error === null || typeof error !== "object")
            return "";
        return [error.class, error.message].filter((part) => typeof part === "string").join(": ");
    }

    function callsTable(model, view) {
        if (model.calls.length === 0)
            return empty("No calls were made.");
        const hasPhases = model.calls.some((call) => PHASES.some(([name]) => call.phases && call.phases[name] > 0));
        const hasTries = model.calls.some((call) => call.retry > 0 || call.attempts);
        const columns = [
            { title: "Call", class: "num", value: (call) => call.id },
            { title: "Method", value: (call) => ripcord.callName(call) },
            { title: "Connection", class: "num", value: (call) => call.conn },
            { title: "Call id", class: "num", value: (call) => call.call_id },
            { title: "Issued", class: "time", value: (call) => call.t,
              cell: (call) => ripcord.formatExact(call.t) },
            { title: "Took", class: "num", value: took, cell: (call) => duration(took(call)) || "–" },
            hasTries && { title: "Retries", class: "num", value: (call) =>
                (Array.isArray(call.attempts) ? call.attempts.length : call.retry) },
            hasPhases && { title: "Queued · handled · rest", value: (call) =>
                (call.phases ? call.phases.queue : null), cell: phaseBar },
            { title: "Ending", value: ripcord.endingWords, cell: ending },
            { title: "Error", class: "wide", value: errorText },
        ].filter(Boolean);
        return grid({ name: "calls", columns, rows: model.calls,
                      onOpen: (call) => view.select({ call: call.id }),
                      isSelected: (call) => view.selection.call === call.id });
    }

    const STATES_SHOWN = 12;

    // Of a busy connection the beginning and the end; the tab Events has them all.
    function stateList(states) {
        if (states.length > STATES_SHOWN)
            return [stateList(states.slice(0, 5)), element("div.muted", {}, `… ${states.length - 10} more, see Events`), stateList(states.slice(-5))];
        return states.map((state) => element("div.state", {},
            element("span", {}, ripcord.formatExact(state.t)),
            element("span", {}, String(state.to).replace(/_/g, " ")),
            state.why && element("span.muted", {}, state.why)));
    }

    const STATE_COLOURS = { connecting: "--connecting", header: "--setup", sasl: "--setup", context: "--setup",
                            open_idle: "--open", open: "--open", open_busy: "--response" };

    // A connection's life as a strip over the whole run; what is short keeps a pixel.
    function lifeStrip(one, model) {
        const states = (one.client.length > 0 ? one.client : one.server).filter((state) => STATE_COLOURS[state.to]);
        if (states.length === 0 || !(model.tEnd > 0))
            return "";
        const share = (ns) => `${(100 * ns / model.tEnd).toFixed(2)}%`;
        const begin = states[0].t, end = states[states.length - 1].end;
        const words = `from ${ripcord.formatExact(begin)} to ${ripcord.formatExact(end)}`;
        return element("span.phases.life", { role: "img", "aria-label": words, title: words },
            element("i", { style: `width:${share(begin)};min-width:0` }),
            states.slice(0, 100).map((state) => element("i", { style: `width:${share(state.end - state.t)};background:var(${STATE_COLOURS[state.to]})` })));
    }

    function connectionsTable(model, view) {
        if (model.connections.length === 0)
            return empty("No connection was made.");
        const last = (states) => (states.length > 0 ? states[states.length - 1] : {});
        const words = (one) => [...one.client, ...one.server].map((s) => `${s.to} ${s.why || ""}`).join(" ");
        return grid({ name: "connections", rows: model.connections, columns: [
            { title: "Conn", class: "num", value: (one) => one.id },
            { title: "From → to", class: "nowrap", value: (one) => [one.line.local, one.line.remote].filter(Boolean).join(" → "),
              cell: (one) => [one.line.local, one.line.remote && `→ ${one.line.remote}`].filter(Boolean).map((end) => element("div", {}, end)) },
            { title: "Calls", class: "num", value: (one) => one.calls },
            { title: "Life", value: (one) => (one.client[0] || one.server[0] || {}).t, text: () => "", cell: (one) => lifeStrip(one, model) },
            { title: "Client side", class: "wide", value: (one) => last(one.client).to, text: words,
              cell: (one) => stateList(one.client) },
            { title: "Server side", class: "wide", value: (one) => last(one.server).to,
              cell: (one) => stateList(one.server) },
        ], onOpen: (one) => view.select({ conn: one.id }),
           isSelected: (one) => view.selection.conn === one.id });
    }

    const targetWords = (fault) => {
        const target = fault.target;
        if (target === null || typeof target !== "object")
            return "";
        if (target.text)
            return target.text;
        return [target.lane, target.conn && `connection ${target.conn}`,
                target.call && `call ${target.call}`, target.dir].filter(Boolean).join(", ");
    };
    const paramWords = (fault) => Object.entries(fault.params || {})
        .map(([name, value]) => `${name} ${textOf(value)}`).join(", ");

    function faultsTable(model, view) {
        return grid({ name: "faults", rows: model.faults, columns: [
            { title: "Fault", value: (fault) => fault.id },
            { title: "Kind", class: "mono", value: (fault) => fault.kind },
            { title: "Aim", value: targetWords },
            { title: "With", value: paramWords },
            { title: "From", class: "time", value: (fault) => fault.t,
              cell: (fault) => ripcord.formatExact(fault.t) },
            { title: "To", class: "time", value: (fault) => fault.end,
              cell: (fault) => (Number.isFinite(fault.end) ? ripcord.formatExact(fault.end) : "the end") },
            { title: "Strikes", class: "num", value: (fault) => fault.strikes },
            { title: "Armed at", value: ripcord.place },
        ], onOpen: (fault) => view.select({ fault: fault.id, at: fault.t }) });
    }

    function checksTable(model, view) {
        return grid({ name: "checks", rows: model.checks, bad: (check) => !check.ok, columns: [
            { title: "", label: "Verdict", value: (check) => (check.ok ? 1 : 0), text: (check) => (check.ok ? "holds" : "failed"),
              cell: (check) => ripcord.sign(check.ok ? "passed" : "failed") },
            { title: "Check", value: (check) => check.id },
            { title: "At", class: "time", value: ripcord.checkTime,
              cell: (check) => ripcord.formatExact(ripcord.checkTime(check)) },
            { title: "Claim", class: "mono.wide", value: (check) => check.expr },
            { title: "Expected", value: (check) => check.expected },
            { title: "Seen", value: (check) => check.actual, tint: true },
            { title: "Line", value: ripcord.place },
        ], onOpen: (check) => view.showCheck(check) });
    }

    function faultsAndChecks(model, view) {
        return element("div", {},
            model.faults.length > 0 ? faultsTable(model, view) : empty("No fault was armed."),
            model.checks.length > 0 ? checksTable(model, view) : empty("Nothing was checked."));
    }

    function eventsTable(model, view) {
        const events = ripcord.listEvents(model);
        if (events.length === 0)
            return empty("Nothing happened.");
        return grid({ name: "events", rows: events, bad: (event) => event.bad, columns: [
            { title: "Virtual time", class: "time", value: (event) => event.t,
              cell: (event) => ripcord.formatExact(event.t) },
            { title: "What", value: (event) => event.kind },
            { title: "Where", value: (event) => event.where },
            { title: "Event", class: "wide", value: (event) => event.text, tint: true },
        ], onOpen: (event) => view.select({ call: event.about.call, conn: event.about.conn, at: event.t }) });
    }

    Object.assign(ripcord, { grid, callsTable, connectionsTable, faultsAndChecks, eventsTable,
                             targetWords, errorText });
})();
