// The space-time diagram: time runs down, a call goes from left to right through client, network
// and server.  Rows keep the order of events; their spacing is logarithmic, and idle time is a
// torn band.  Only what is in view is drawn.
"use strict";

(() => {
    const { element } = ripcord;
    const HEAD = 46, ROW_MIN = 7, ROW_MAX = 32, BAND = 26, TIMES = 118, VIEW = 640, SHOWN = 4000;
    const PALE = 0.3;
    const STATE_INKS = { connecting: "connecting", header: "setup", sasl: "setup", context: "setup", open_idle: "open", open_busy: "open",
                         closing: "closed" };
    const CALL_INKS = { ok: "call", remote: "warn-mark", local: "fail-mark", never: "skip-mark" };
    const columnOf = (lane) => (/\/(listener|reader)/.test(lane) ? "reader" : /\/(handler|callqueue)/.test(lane) ? "handler" :
        /\/(responder|respqueue|idletimer)/.test(lane) ? "responder" : null);

    // Rows for the points of `belongs(item)`: a place down the page for each beginning and end,
    // the times at the left, the bands of idle time.  Pure.
    function layDown(model, belongs) {
        const points = ripcord.orderedPoints(model).filter((point) => belongs(point.item));
        const moments = ripcord.distinct(points.map((point) => point.t));
        const counts = new Map();
        for (const point of points)
            counts.set(point.t, (counts.get(point.t) || 0) + 1);
        const folded = new Set(ripcord.foldedGaps(moments, counts).map((index) => moments[index]));
        const places = new Map(), times = [], bands = [], knots = [];
        let y = 14, last = null, smallest = Infinity;
        for (let i = 0; i + 1 < moments.length; i++)
            if (!folded.has(moments[i]))
                smallest = Math.min(smallest, moments[i + 1] - moments[i]);
        for (const point of points.slice(0, SHOWN)) {
            if (last === null || point.t === last) {
                y += 9;
            } else if (folded.has(last)) {
                bands.push({ y: y + 8, height: BAND, length: point.t - last });
                y += BAND + 18;
            } else {
                y += Math.min(ROW_MAX, ROW_MIN + 6 * Math.log2(1 + (point.t - last) / smallest));
            }
            if (point.t !== last)
                times.push({ y, t: point.t });
            knots.push([point.t, y]);
            last = point.t;
            if (!places.has(point.item))
                places.set(point.item, [y, null]);
            places.get(point.item)[point.end ? 1 : 0] = y;
        }
        // A time that is nobody's own: the first place that is not before it.
        const placeOf = (t) => {
            let low = 0, high = knots.length;
            while (low < high) {
                const middle = (low + high) >> 1;
                if (knots[middle][0] < t)
                    low = middle + 1;
                else
                    high = middle;
            }
            return low < knots.length ? knots[low][1] : y;
        };
        return { places, times, bands, placeOf, height: y + 30, left: points.length - Math.min(points.length, SHOWN) };
    }

    // Which connection to begin with: what the failed check is about, else the first that is hurt.
    function defaultConnection(model, selection) {
        const call = model.calls.find((one) => one.id === selection.call);
        const failed = model.checks.find((check) => !check.ok && check.about);
        const about = failed ? failed.about.conn ?? (model.calls.find((one) => one.id === failed.about.call) || {}).conn : undefined;
        const hurt = model.msgs.find(ripcord.isHurt);
        return selection.conn ?? (call && call.conn) ?? about ?? (hurt && hurt.conn) ?? (model.connections[0] || {}).id;
    }

    class Diagram {
        constructor(model, view) {
            this.model = model;
            this.view = view;
            this.canvas = element("canvas", { role: "img", "aria-label": "Space-time diagram; the tab Events has it as text" });
            this.brush = new ripcord.Brush(this.canvas);
            this.space = element("div.down", {}, this.canvas);
            this.scroller = element("div.spacetime", { tabindex: "0", role: "region", "aria-label": "Space-time diagram" }, this.space);
            this.scroller.addEventListener("scroll", () => this.redraw());
            this.canvas.addEventListener("click", (event) => this.choose(event));
            this.canvas.addEventListener("mousemove", (event) => {
                this.canvas.style.cursor = this.messageAt(event.offsetX, event.offsetY) ? "pointer" : "default";
            });
            new ResizeObserver(() => this.redraw()).observe(this.scroller);
        }

        // `connection` undefined: all.
        show(connection) {
            const { model } = this;
            const calls = new Set(model.calls.filter((call) => call.conn === connection).map((call) => call.id));
            const own = (item) => connection === undefined || item.conn === connection || calls.has(item.call) ||
                (item.method !== undefined && calls.has(item.id)) || item.obj === `conn/${connection}` || item.obj === `sconn/${connection}`;
            this.belongs = (item) => item.expr === undefined && item.v === undefined && !/^client.*\/(caller|conn)/.test(item.lane || "") &&
                !/\/callqueue$/.test(item.lane || "") && own(item);
            this.connection = connection;
            this.rows = layDown(model, this.belongs);
            this.connections = model.connections.filter((one) => connection === undefined || one.id === connection).slice(0, 14);
            this.space.style.height = `${HEAD + this.rows.height}px`;
            this.scroller.scrollTop = 0;
            this.redraw();
        }

        redraw() {
            if (this.asked || !this.rows)
                return;
            this.asked = true;
            requestAnimationFrame(() => {
                this.asked = false;
                if (this.canvas.isConnected && this.scroller.clientWidth > 0)
                    this.draw();
            });
        }

        x(column) {
            const right = this.width;
            return { calls: TIMES + 26, conn: TIMES + 110, reader: right * 0.68, handler: right * 0.8, responder: right * 0.91 }[column];
        }

        connX(id) {
            return this.x("conn") + 9 * Math.max(0, this.connections.findIndex((one) => one.id === id));
        }

        // Places of an item on the screen.
        from(item) {
            return HEAD + (this.rows.places.get(item) || [0])[0] - this.top;
        }

        to(item, otherwise) {
            const place = this.rows.places.get(item);
            return HEAD + (place && place[1] !== null ? place[1] : otherwise ?? this.rows.height - 20) - this.top;
        }

        out(y0, y1) {
            return Math.max(y0, y1) < HEAD || Math.min(y0, y1) > this.height;
        }

        pale(call, conn) {
            const { selection } = this.view;
            return selection.call !== undefined ? (call === selection.call ? 1 : PALE) :
                selection.conn !== undefined && conn !== selection.conn ? PALE : 1;
        }

        // Words near an arrow's tail, unless others are there.
        label(words, x, y, ink, align = "left") {
            const width = this.brush.widthOf(words, { size: 10.5, weight: 500 }), left = align === "right" ? x - width : x;
            for (const dy of [-6, 7, -17]) {
                const box = [left - 2, y + dy - 6, left + width + 2, y + dy + 6];
                if (this.labels.some((o) => o[0] < box[2] && box[0] < o[2] && o[1] < box[3] && box[1] < o[3]))
                    continue;
                this.labels.push(box);
                this.brush.text(words, x, y + dy, ink, { size: 10.5, weight: 500, align, halo: true });
                return;
            }
        }

        draw() {
            const { brush } = this;
            this.width = ripcord.paper || this.scroller.clientWidth;
            this.canvas.style.width = ripcord.paper ? `${ripcord.paper}px` : "";
            this.height = Math.min(ripcord.paper ? 440 : VIEW, HEAD + this.rows.height);
            this.top = Math.min(this.scroller.scrollTop, Math.max(0, HEAD + this.rows.height - this.height));
            this.canvas.style.height = `${this.height}px`;
            this.labels = [];
            this.hits = [];
            brush.begin(this.width, this.height);
            brush.clipped(0, HEAD, this.width, this.height - HEAD, () => {
                this.drawTimes();
                this.drawLifelines();
                this.drawFaults();
                this.drawCalls();
                this.drawServer();
                this.drawMessages();
                this.drawMarks();
                this.drawChecks();
                brush.g.globalAlpha = 1;
            });
            this.drawHead();
        }

        drawHead() {
            const { brush } = this;
            for (const [column, name, where] of [["calls", "Calls", "client"], ["conn", this.connection === undefined ? "connections" :
                `conn ${this.connection}`, "client"], ["reader", "Listener · Reader", "server"], ["handler", "Handlers", "server"],
                                                 ["responder", "Responder", "server"]]) {
                brush.text(name, this.x(column), 16, "text", { size: 11.5, weight: 650, align: "center" });
                brush.text(where, this.x(column), 32, "muted", { size: 10, align: "center" });
            }
            brush.text("virtual time", TIMES - 12, 32, "muted", { size: 10, align: "right" });
            brush.line(0, HEAD - 0.5, this.width, HEAD - 0.5, "line");
        }

        drawTimes() {
            const { brush } = this;
            let free = -Infinity;
            for (const { y: place, t } of this.rows.times) {
                const y = HEAD + place - this.top;
                if (this.out(y, y) || y < free)
                    continue;
                free = y + 13;
                brush.text(ripcord.formatExact(t), TIMES - 12, y, "muted", { size: 10.5, mono: true, align: "right" });
                brush.line(TIMES - 8, y + 0.5, TIMES - 2, y + 0.5, "strong");
            }
            for (const { y: place, height, length } of this.rows.bands) {
                const y = HEAD + place - this.top;
                if (this.out(y, y + height))
                    continue;
                brush.rectangle(0, y, this.width, height, "fold");
                const torn = [];
                for (let x = 0; x < this.width; x += 4)
                    for (const edge of [y, y + height])
                        torn.push(x, edge + (x % 8 ? 1.5 : -1.5), x + 4, edge + (x % 8 ? -1.5 : 1.5));
                brush.lines(torn, "fold-edge", 1);
                brush.text(`${ripcord.formatDuration(length)} idle`, (this.x("conn") + this.x("reader")) / 2, y + height / 2, "muted",
                           { size: 10.5, align: "center" });
            }
        }

        drawLifelines() {
            for (const column of ["reader", "handler", "responder"])
                this.brush.line(this.x(column), HEAD, this.x(column), this.height, "strong");
            for (const one of this.connections) {
                const x = this.connX(one.id), states = one.client.length > 0 ? one.client : one.server;
                states.forEach((state, i) => {
                    const y0 = this.from(state), y1 = i + 1 < states.length ? this.from(states[i + 1]) : this.height;
                    if (state.to === "closed" && !this.out(y0, y0))
                        this.brush.text("✕", x, y0 + 5, /idle|stop/.test(state.why || "idle") ? "muted" : "fail", { size: 11, weight: 700, align: "center" });
                    else if (state.to !== "closed" && !this.out(y0, y1))
                        this.brush.rectangle(x - 3, y0, 6, Math.max(2, y1 - y0), STATE_INKS[state.to] || "closed");
                });
            }
        }

        // A fault shades the network, and the lane that it stands at, while it is armed.
        drawFaults() {
            const { brush, rows } = this;
            this.model.faults.forEach((fault, i) => {
                const target = fault.target || {};
                if (this.connection !== undefined && target.conn !== undefined && target.conn !== this.connection)
                    return;
                const y0 = HEAD + rows.placeOf(fault.t) - 5 - this.top, end = Number.isFinite(fault.end) ? fault.end : this.model.tEnd;
                const y1 = HEAD + rows.placeOf(end) + 5 - this.top, x0 = this.connX(this.connections.length > 0 ? this.connections.at(-1).id : 0) + 8;
                if (this.out(y0, y1))
                    return;
                brush.g.globalAlpha = 0.5;
                brush.rectangle(x0, y0, this.x("reader") - 8 - x0, y1 - y0, "fault-tint");
                brush.g.globalAlpha = 1;
                brush.line(x0, y0, x0, y1, "fault", 2);
                this.label(`⚡ ${fault.id || ""} ${fault.kind || ""}`, this.x("reader") - 14, Math.max(y0 + 10, HEAD + 14) + 14 * (i % 4), "fault", "right");
            });
        }

        drawCalls() {
            const { brush } = this, ends = [];
            for (const call of this.model.calls.filter(this.belongs)) {
                const y0 = this.from(call), y1 = this.to(call);
                let level = ends.findIndex((end) => end <= y0);
                if (level < 0)
                    level = ends.length < 4 ? ends.length : 3;
                ends[level] = y1 + 4;
                if (this.out(y0, y1) || !this.rows.places.has(call))
                    continue;
                const x = this.x("calls") - 12 + 8 * level, group = ripcord.endingGroup(call);
                brush.g.globalAlpha = this.pale(call.id, call.conn);
                brush.rectangle(x - 3, y0, 6, Math.max(3, y1 - y0), CALL_INKS[group], 2);
                this.label(`#${call.id} ${ripcord.callName(call)}`, x + 7, y0, group === "local" ? "fail" : "text");
                if (Number.isFinite(call.end) && group !== "ok")
                    this.label(`${group === "local" ? "✕ " : ""}${ripcord.endingWords(call)}`, x + 7, y1 + 2, group === "local" ? "fail" : "warn-mark");
            }
        }

        drawServer() {
            for (const span of this.model.spans.filter(this.belongs)) {
                const column = columnOf(span.lane), y0 = this.from(span), y1 = this.to(span);
                if (!column || this.out(y0, y1) || !this.rows.places.has(span))
                    continue;
                this.brush.g.globalAlpha = this.pale(span.call, span.conn);
                const waits = /queue$/.test(span.lane), x = this.x(column) + (waits ? 6 : 0);
                this.brush.rectangle(x - 3, y0 - 1, 6, Math.max(6, y1 - y0 + 2), waits ? "skip-mark" : "work", 2);
                this.label(waits ? "waits" : span.kind === "handle" ? span.label || "handle" : span.kind || "", x + 8, y0 + 6, "text");
            }
        }

        drawMessages() {
            const right = this.x("reader");
            for (const msg of this.model.msgs.filter(this.belongs)) {
                if (!this.rows.places.has(msg))
                    continue;
                const down = msg.dir !== "s2c", left = this.connX(msg.conn) + 4, arrived = Number.isFinite(msg.rx);
                const x0 = down ? left : right - 4, x1 = down ? right - 4 : left, y0 = this.from(msg);
                const stop = this.rows.placeOf(this.view.heldTime(msg));
                const y1 = arrived ? this.to(msg) : HEAD + stop - this.top;
                if (this.out(y0, y1))
                    continue;
                this.brush.g.globalAlpha = this.pale(msg.call, msg.conn);
                this.drawMessage(msg, { x0, y0, x1, y1, arrived });
                this.hits.push({ msg, x0, y0, x1: arrived ? x1 : (x0 + x1) / 2, y1: arrived ? y1 : y0 + 4 });
            }
        }

        drawMessage(msg, { x0, y0, x1, y1, arrived }) {
            const { brush } = this, hurt = ripcord.isHurt(msg), half = (x0 + x1) / 2;
            const ink = ripcord.isIdleEnd(msg) && !arrived ? "muted" : hurt || !arrived ? "fault" : msg.kind === "fatal" || msg.kind === "rst" ? "fail" : msg.kind === "request" ? "call" :
                msg.kind === "response" ? "response" : "muted";
            const words = [msg.call !== undefined && `#${msg.call}`, msg.kind, hurt && msg.fate, msg.fault,
                           msg.len > 4096 && ripcord.formatBytes(msg.len)].filter(Boolean).join(" ");
            if (arrived) {
                brush.line(x0, y0, x1, y1, ink, hurt ? 1.8 : 1.4, msg.fate === "delayed" ? [2, 3] : []);
                const angle = Math.atan2(y1 - y0, x1 - x0);
                brush.lines([0.4, -0.4].flatMap((turn) => [x1, y1, x1 - 7 * Math.cos(angle + turn), y1 - 7 * Math.sin(angle + turn)]), ink, 1.4);
                if (msg.fate === "delayed" || msg.fate === "held")
                    this.label(`+${ripcord.formatDuration(msg.rx - msg.t)}`, half, (y0 + y1) / 2, "fault");
            } else {
                brush.line(x0, y0, half, y0 + 5, ink, 1.8);
                if (msg.fate === "held") {
                    brush.rectangle(half - 3, y0 + 2, 7, 7, "fault");
                    brush.line(half + 0.5, y0 + 9, half + 0.5, Math.max(y1, y0 + 14), "fault", 1.6, [2, 3]);
                } else {
                    brush.text("✕", half, y0 + 5, ink, { size: 12, weight: 700, align: "center", halo: true });
                }
            }
            const toServer = x1 > x0;
            this.label(words, x0 + (toServer ? 10 : -10), y0 + (arrived ? (y1 - y0) * 10 / Math.abs(x1 - x0) : 0), ink, toServer ? "left" : "right");
        }

        drawMarks() {
            for (const mark of this.model.marks.filter(this.belongs)) {
                const column = columnOf(mark.lane), y = this.from(mark);
                if (!column || this.out(y, y) || !this.rows.places.has(mark))
                    continue;
                const bad = /purge|refuse|throw|error/.test(mark.kind || "");
                this.brush.g.globalAlpha = this.pale(mark.call, mark.conn);
                this.brush.diamond(this.x(column), y, bad ? "fail-mark" : "skip-mark", 4);
                this.label(`${(mark.kind || "").replace(/_/g, " ")}${mark.text && mark.text !== mark.kind ? `: ${mark.text}` : ""}`, this.x(column) + 8, y + 6,
                           bad ? "fail" : "muted");
            }
        }

        drawChecks() {
            const { brush } = this;
            brush.g.globalAlpha = 1;
            for (const check of this.model.checks.filter((one) => !one.ok)) {
                const y = HEAD + this.rows.placeOf(ripcord.checkTime(check)) - this.top;
                if (this.out(y, y))
                    continue;
                brush.line(0, y + 4.5, this.width, y + 4.5, "fail", 1, [3, 3]);
                this.label(`✕ ${check.id || ""} failed`, this.width - 8, y + 4, "fail", "right");
            }
        }

        messageAt(x, y) {
            let found = null, nearest = 7;
            for (const { msg, x0, y0, x1, y1 } of this.hits || []) {
                const share = Math.max(0, Math.min(1, ((x - x0) * (x1 - x0) + (y - y0) * (y1 - y0)) / ((x1 - x0) ** 2 + (y1 - y0) ** 2)));
                const far = Math.hypot(x - x0 - share * (x1 - x0), y - y0 - share * (y1 - y0));
                if (far < nearest) {
                    nearest = far;
                    found = msg;
                }
            }
            return found;
        }

        choose(event) {
            const msg = this.messageAt(event.offsetX, event.offsetY);
            if (msg)
                this.view.openMessage(msg);
        }
    }

    function spaceTime(model, view) {
        if (model.msgs.length + model.calls.length === 0)
            return element("p.empty", {}, "Nothing went over the wire.");
        const diagram = new Diagram(model, view), first = defaultConnection(model, view.selection);
        const list = element("select", { "aria-label": "Connection", onchange: () =>
            diagram.show(list.value === "all" ? undefined : Number(list.value)) },
            model.connections.map((one) => element("option", { value: one.id, selected: one.id === first },
                `conn ${one.id}  ${[one.line.local, one.line.remote].filter(Boolean).join(" → ")}`)),
            element("option", { value: "all", selected: first === undefined }, "all connections"));
        const whole = element("div", {}, element("div.tools", {}, "Show", list,
            element("span", {}, "Time runs down; rows keep the order, spacing is logarithmic. Click a message for its frame.")), diagram.scroller);
        diagram.show(first);
        whole.redraw = () => diagram.redraw();
        whole.draw = () => diagram.draw();
        return whole;
    }

    Object.assign(ripcord, { spaceTime, layDown });
})();
