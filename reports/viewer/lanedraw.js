// The lanes of the timeline: one function a kind of row.  At most one mark is drawn for a pixel
// column and colour, so a dense run costs no more than a sparse one.
"use strict";

(() => {
    const { GUTTER, TOP } = ripcord.LAYOUT;
    const MESSAGE_INKS = { request: "call", response: "response", fatal: "fail", rst: "fail", ping: "muted", syn: "muted",
                           synack: "muted", fin: "muted" };
    const STATE_INKS = { new: "closed", connecting: "connecting", header: "setup", sasl: "setup", context: "setup", open: "open",
                         open_idle: "open", open_busy: "open", closing: "closed" };
    const CALL_INKS = { ok: "call", remote: "warn-mark", local: "fail-mark" };
    const PALE = 0.3; // what is not selected, while something is

    // Everything else recedes while a call or a connection is selected.
    function alphaOf({ selection }, call, conn) {
        if (selection.call !== undefined)
            return call === selection.call ? 1 : PALE;
        return selection.conn !== undefined && conn !== selection.conn ? PALE : 1;
    }

    function drawLabel(view, row) {
        const { brush } = view, y = TOP + row.y;
        if (row.kind === "group") {
            brush.line(0, y + 2.5, view.width, y + 2.5, "line");
            brush.text(row.label.toUpperCase(), 16, y + 13, "muted", { size: 9.5, weight: 600 });
        } else if (row.label) {
            brush.clipped(0, y - 4, GUTTER - 8, Math.max(row.height, 14) + 8, () =>
                brush.text(row.label, 16, y + Math.max(7, Math.min(row.height / 2, 9)), "text", { size: 11.5 }));
        }
    }

    // What a fault touches is tinted and hatched for as long as it is armed.
    function drawShades(view) {
        for (const { item: fault, x0: from, x1: to } of view.faultBars) {
            const x0 = Math.max(view.onScreen(from), GUTTER - 4), x1 = Math.min(view.onScreen(to), view.width);
            if (x1 < GUTTER || x0 > view.width)
                continue;
            for (const row of view.rows.filter((one) => ripcord.isTouched(fault, one))) {
                view.brush.rectangle(x0, TOP + row.y + 1, Math.max(2, x1 - x0), row.height - 2, "fault-tint");
                view.brush.hatch(x0, TOP + row.y + 1, Math.max(2, x1 - x0), row.height - 2, "fault");
            }
        }
    }

    function drawFaults(view, row, top) {
        const { brush } = view;
        for (const bar of row.bars) {
            const x0 = view.onScreen(bar.x0), x1 = Math.max(x0 + 8, view.onScreen(bar.x1)), y = top + bar.level * row.level + 3;
            const touched = view.rows.filter((other) => ripcord.isTouched(bar.item, other));
            if (touched.length > 0)
                brush.line(x0 + 0.5, y + 15, x0 + 0.5, TOP + Math.max(...touched.map((other) => other.y)), "fault", 1, [2, 3]);
            if (view.outside(x0, x1))
                continue;
            brush.rectangle(x0, y, x1 - x0, 15, "fault-tint", 4);
            brush.frame(x0 + 0.5, y + 0.5, x1 - x0 - 1, 14, "fault", { line: view.selection.fault === bar.item.id ? 2 : 1, radius: 4 });
            brush.lines(bar.strikes.slice(0, 500).flatMap((t) => {
                const x = view.onScreen(view.axis.position(t));
                return [x, y + 10, x, y + 15];
            }), "fault", 2);
            const words = `⚡ ${bar.item.id || ""} ${bar.item.kind || ""}`, left = Math.max(x0, GUTTER) + 5, look = { size: 10.5, weight: 600 };
            brush.text(words, left, y + 8, "fault", { ...look, halo: brush.widthOf(words, look) > x1 - left });
        }
    }

    function drawChecks(view, row, top) {
        const { brush } = view, y = top + row.height / 2;
        let last = -Infinity;
        for (const { item: check, x0 } of row.bars) {
            const x = view.onScreen(x0);
            if (view.outside(x - 8, x + 8) || (check.ok && x - last < 1))
                continue;
            last = x;
            brush.disc(x, y, 7, check.ok ? "pass-tint" : "fail-mark");
            brush.text(check.ok ? "✓" : "✕", x, y + 0.5, check.ok ? "pass" : "on-mark", { size: 10, weight: 700, align: "center" });
            if (!check.ok)
                brush.text(`${check.id || ""} failed`, x + 11, y, "fail", { size: 10.5, weight: 600, halo: true });
        }
    }

    function drawCall(view, bar, x0, x1, y, height) {
        const { brush } = view, call = bar.item;
        if (bar.group === "never")
            brush.frame(x0 + 0.5, y + 0.5, x1 - x0 - 1, height - 1, "muted", { line: 1.2, dash: [4, 3] });
        else
            brush.rectangle(x0, y, x1 - x0, height, CALL_INKS[bar.group], 2);
        const left = Math.max(x0, GUTTER) + 4, room = Math.min(x1, view.width) - left, local = bar.group === "local";
        if (height >= 11 && room > 24)
            brush.fitted(`#${call.id} ${ripcord.callName(call)}`, left, y + height / 2 + 0.5, room - (local ? 16 : 4),
                         bar.group === "never" ? "text" : bar.group === "remote" ? "#14181c" : "on-mark");
        if (local && height >= 8) {
            const inside = x1 > x0 + 14;
            brush.text("✕", inside ? x1 - 4 : x1 + 10, y + height / 2, inside ? "on-mark" : "fail", { size: 9.5, weight: 700, align: "right" });
        }
        if (call.id === view.selection.call)
            brush.frame(x0, y, x1 - x0, height, "text", { line: 1.5 });
    }

    function drawCalls(view, row, top) {
        const height = Math.max(2, row.level - 3), last = [];
        for (const bar of row.bars) {
            const x0 = view.onScreen(bar.x0), x1 = Math.max(x0 + 2, view.onScreen(bar.x1)), selected = bar.item.id === view.selection.call;
            if (view.outside(x0, x1) || (x1 <= last[bar.level] + 0.5 && !selected))
                continue;
            last[bar.level] = x1;
            view.brush.g.globalAlpha = alphaOf(view, bar.item.id, bar.item.conn);
            drawCall(view, bar, x0, x1, top + bar.level * row.level + 2, height);
        }
    }

    // Closed by somebody, but neither for idleness nor on our own order.
    function isUnwilling(state) {
        return typeof state.why === "string" && !/idle|stop|close[sd]? by (the )?client|normal/i.test(state.why);
    }

    function drawConnection(view, row, top) {
        const { brush } = view, thin = row.height < 12, height = thin ? Math.max(2, row.height - 1) : 11, y = top + (thin ? 0 : 3);
        const own = view.selection.call !== undefined && row.ids.includes(view.selectedConnection);
        brush.g.globalAlpha = own ? 1 : Math.max(...row.ids.map((id) => alphaOf(view, null, id)));
        let last = -Infinity, opened = null, end = 0;
        for (const { state, x0: from, x1: to } of row.bars) {
            const x0 = view.onScreen(from), x1 = view.onScreen(to);
            if (state.to === "closed") {
                if (!thin && isUnwilling(state))
                    brush.text("✕", x0 + 5, y + 6, "fail", { size: 11, weight: 700, align: "center" });
                continue;
            }
            end = x1;
            opened = opened ?? (/^open/.test(state.to) ? x0 : null);
            if (view.outside(x0, x1) || x1 - last < 0.5)
                continue;
            last = x1;
            brush.rectangle(x0, y, Math.max(1, x1 - x0), height, STATE_INKS[state.to] || "closed");
            if (state.to === "open_busy")
                brush.rectangle(x0, y + height - 2, Math.max(1, x1 - x0), 2, "response");
        }
        if (!thin && opened !== null && end - Math.max(opened, GUTTER) > 34)
            brush.text("open", Math.max(opened, GUTTER) + 4, y + height / 2, "text", { size: 10 });
    }

    // The end of a stream that nobody waits for any more is no harm.
    const isIdleEnd = (msg) => (msg.kind === "fin" || msg.kind === "rst") && !msg.fault;
    const isHurt = (msg) => Boolean(msg.fate) && msg.fate !== "delivered" && msg.fate !== "split" && !isIdleEnd(msg);

    // Messages that arrive as they should are many: one path a colour.
    function drawMessages(view, row, top) {
        const down = row.dir !== "s2c", y0 = down ? top + 3 : top + row.height - 3, y1 = down ? top + row.height - 3 : top + 3;
        const batches = new Map(), hurt = [], g = view.brush.g;
        for (const bar of row.bars) {
            const x0 = view.onScreen(bar.x0), x1 = view.onScreen(bar.x1);
            if (isIdleEnd(bar.item) && !bar.arrived)
                continue;
            if (isHurt(bar.item) || !bar.arrived) {
                hurt.push(bar);
                continue;
            }
            if (view.outside(Math.min(x0, x1), Math.max(x0, x1)))
                continue;
            const ink = MESSAGE_INKS[bar.item.kind] || "warn-mark", alpha = alphaOf(view, bar.item.call, bar.item.conn);
            const key = `${ink} ${alpha}`;
            if (!batches.has(key))
                batches.set(key, { ink, alpha, ends: [], last: -Infinity });
            const batch = batches.get(key);
            if (x0 - batch.last < 1.5 && alpha < 1 || x0 - batch.last < 1)
                continue;
            batch.last = x0;
            batch.ends.push(x0, y0, x1, y1);
        }
        for (const { ink, alpha, ends } of batches.values()) {
            g.globalAlpha = alpha;
            view.brush.lines(ends, ink, 1.2);
        }
        for (const bar of hurt) {
            g.globalAlpha = alphaOf(view, bar.item.call, bar.item.conn);
            drawHurt(view, bar, y0, y1);
        }
    }

    // Stops half way with a cross; half way, then dotted as long as it is held; dotted with its
    // delay; jagged.
    function drawHurt(view, bar, y0, y1) {
        const { brush } = view, msg = bar.item, half = (y0 + y1) / 2, look = { size: 9.5, weight: 600, halo: true };
        const lost = msg.fate === "dropped" || msg.fate === "refused";
        const x0 = view.onScreen(bar.x0), x1 = bar.arrived ? view.onScreen(bar.x1) : lost ? x0 + 6 : view.onScreen(view.heldUntil(msg));
        if (view.outside(x0, x1))
            return;
        if (lost || (!bar.arrived && msg.fate === "truncated")) {
            brush.line(x0, y0, x0 + 5, half, "fault", 1.6);
            brush.text("✕", x0 + 6, half, "fault", { size: 11, weight: 700, align: "center", halo: true });
        } else if (msg.fate === "held" || !bar.arrived) {
            brush.lines([x0, y0, x0 + 3, half, ...(bar.arrived ? [x1, half, x1, y1] : [])], "fault", 1.6);
            brush.line(x0 + 3, half, x1, half, "fault", 1.6, [2, 3]);
            const words = (msg.fate === "held" ? "held" : "on its way") + (Number.isFinite(msg.len) ? `: ${ripcord.formatBytes(msg.len)}` : "");
            if (x1 - Math.max(x0, GUTTER) > 90)
                brush.text(words, Math.max(x0, GUTTER) + 9, half - 6, "fault", look);
        } else if (msg.fate === "delayed") {
            brush.line(x0, y0, x1, y1, "fault", 1.6, [2, 3]);
            brush.text(`+${ripcord.formatDuration(msg.rx - msg.t)}`, (x0 + x1) / 2 + 5, half, "fault", look);
        } else {
            brush.line(x0, y0, x1, y1, "fault", 1.8, msg.fate === "corrupted" ? [5, 2] : []);
            brush.text(msg.fate === "corrupted" ? "≠" : msg.fate, (x0 + x1) / 2 + 7, half, "fault", look);
        }
    }

    function drawGauge(view, row, top) {
        const { brush } = view, bottom = top + row.height - 2, highest = Math.max(1, row.highest);
        let last = -Infinity;
        brush.g.globalAlpha = 0.55;
        for (const { item, x0: from, x1: to } of row.gauges) {
            const x0 = view.onScreen(from), x1 = Math.max(x0 + 1, view.onScreen(to));
            if (item.v <= 0 || view.outside(x0, x1) || x1 - last < 0.5)
                continue;
            last = x1;
            const height = (row.height - 5) * item.v / highest;
            brush.rectangle(x0, bottom - height, x1 - x0, height, "skip-mark");
        }
        brush.g.globalAlpha = 1;
        brush.line(GUTTER, bottom + 0.5, view.width, bottom + 0.5, "line");
        brush.text(`max ${row.highest}`, view.width - 6, top + row.height / 2, "muted", { size: 9.5, align: "right", halo: true });
    }

    function drawLane(view, row, top) {
        const { brush } = view, g = brush.g;
        let last = -Infinity;
        if (row.gauges.length > 0)
            drawGauge(view, row, top);
        for (const { item: span, x0: from, x1: to } of row.bars) {
            const x0 = view.onScreen(from), x1 = Math.max(x0 + 2, view.onScreen(to)), alpha = alphaOf(view, span.call, span.conn);
            if (view.outside(x0, x1) || (x1 - last < 0.5 && !(alpha === 1 && view.selection.call !== undefined)))
                continue;
            last = x1;
            g.globalAlpha = alpha;
            brush.rectangle(x0, top + 3, x1 - x0, row.height - 6, span.kind === "purge" ? "fail-mark" : "work", 2);
            if (x1 - x0 > 36)
                brush.fitted(span.label || span.kind || "", Math.max(x0, GUTTER) + 4, top + row.height / 2 + 0.5,
                             Math.min(x1, view.width) - Math.max(x0, GUTTER) - 8, "on-mark");
        }
        last = -Infinity;
        for (const { item: mark, x0 } of row.marks) {
            const x = view.onScreen(x0), bad = /purge|refuse|throw|error/.test(mark.kind || "");
            if (view.outside(x, x) || (x - last < 2 && !bad))
                continue;
            last = x;
            g.globalAlpha = alphaOf(view, mark.call, mark.conn);
            brush.diamond(x, top + row.height / 2, bad ? "fail-mark" : "skip-mark", 4.5);
        }
    }

    const DRAW = { faults: drawFaults, checks: drawChecks, calls: drawCalls, conn: drawConnection, net: drawMessages, lane: drawLane };

    function drawRows(view) {
        for (const row of view.rows) {
            if (DRAW[row.kind])
                DRAW[row.kind](view, row, TOP + row.y);
            view.brush.g.globalAlpha = 1;
        }
    }

    // What lies over all rows: the lines of failed checks, the cursor, a call's journey.
    function drawOver(view, height) {
        const { brush, selection } = view;
        for (const { x0 } of view.failedBars) {
            const x = view.onScreen(x0);
            brush.line(x, TOP, x, height, "fail", 1, [3, 3]);
        }
        if (Number.isFinite(selection.at)) {
            const x = view.onScreen(view.axis.position(selection.at));
            brush.line(x, TOP - 54, x, height, "accent", 1.5);
        }
        if (selection.call === undefined)
            return;
        const steps = ripcord.journey(view.rows, selection.call).map((step) => [view.onScreen(step.x), TOP + step.y]);
        brush.lines(steps.slice(1).flatMap((step, i) => [...steps[i], ...step]), "text", 1.2);
        for (const [x, y] of steps)
            brush.disc(x, y, 2.2, "text");
    }

    Object.assign(ripcord, { isHurt, isIdleEnd, drawLabel, drawShades, drawRows, drawOver });
})();
