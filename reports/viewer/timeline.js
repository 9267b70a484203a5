// The timeline: what is shown of a run and what the reader does with it.  It draws again only
// when something has changed, and finds what is under the pointer when it is asked.
"use strict";

(() => {
    const { GUTTER, STRIP, RIGHT, TOP } = ripcord.LAYOUT;

    class Timeline {
        constructor(model, options) {
            this.model = model;
            this.onSelect = options.onSelect;
            this.selection = {};
            this.folded = true;
            this.show = {}; // all: every lane; byClient: connections by client
            this.canvas = ripcord.element("canvas", { tabindex: "0", role: "application",
                "aria-label": "Timeline. Arrow keys step through the events; the table Events lists them all." });
            this.brush = new ripcord.Brush(this.canvas);
            this.tip = ripcord.element("div.tip.hidden");
            this.range = ripcord.element("span.range");
            this.width = 1000;
            this.order = ripcord.orderInstants(model);
            this.setAxis();
            this.listen();
            this.observer = new ResizeObserver(() => {
                this.width = this.canvas.clientWidth;
                this.redraw();
            });
            this.observer.observe(this.canvas);
        }

        close() {
            this.observer.disconnect();
            this.tip.remove();
        }

        // --- axis and window: [from, to] in positions of the axis --------------------------------
        setAxis() {
            const { model } = this, { shares, counts } = this.order;
            this.axis = this.folded ? ripcord.foldedAxis(ripcord.eventTimes(model), ripcord.burstSignature(model), counts) :
                ripcord.linearAxis(0, model.tEnd);
            const laid = ripcord.layRows(model, this.axis, ripcord.placesOn(this.axis, shares), this.show);
            const barsOf = (kind) => (laid.rows.find((row) => row.kind === kind) || { bars: [] }).bars;
            this.rows = laid.rows;
            this.rowsHeight = laid.height;
            this.faultBars = barsOf("faults");
            this.failedBars = barsOf("checks").filter((bar) => !bar.item.ok).slice(0, 50);
            this.from = 0;
            this.to = this.axis.width;
            this.canvas.style.height = `${TOP + this.rowsHeight}px`;
        }

        // Rows more, or fewer: the window stays.
        setShown(what, on) {
            const { from, to } = this;
            this.show[what] = on;
            this.setAxis();
            this.setWindow(from, to);
        }

        setFolded(folded) {
            this.folded = folded;
            this.setAxis();
            this.redraw();
        }

        get plot() {
            return Math.max(50, this.width - GUTTER - RIGHT);
        }

        onScreen(position) {
            return GUTTER + (position - this.from) * this.scale;
        }

        get scale() {
            return this.plot / (this.to - this.from);
        }

        positionAt(x) {
            return this.from + (x - GUTTER) / this.scale;
        }

        timeAt(x) {
            return this.axis.time(this.positionAt(x));
        }

        outside(x0, x1) {
            return x1 < GUTTER - 4 || x0 > this.width + 4;
        }

        setWindow(from, to) {
            const width = Math.max(this.axis.width / 1e6, Math.min(to - from, this.axis.width));
            const middle = (from + to) / 2;
            this.from = Math.max(0, Math.min(middle - width / 2, this.axis.width - width));
            this.to = this.from + width;
            this.redraw();
        }

        zoom(factor, at = GUTTER + this.plot / 2) {
            const place = this.positionAt(at);
            this.setWindow(place - (place - this.from) / factor, place + (this.to - place) / factor);
        }

        pan(share) {
            const by = share * (this.to - this.from);
            this.setWindow(this.from + by, this.to + by);
        }

        all() {
            this.setWindow(0, this.axis.width);
        }

        // Bring a time into view, without zooming out.
        reveal(t) {
            const place = this.axis.position(t), width = this.to - this.from;
            if (place < this.from + width * 0.05 || place > this.to - width * 0.05)
                this.setWindow(place - width / 2, place + width / 2);
        }

        select(selection) {
            const call = this.model.calls.find((one) => one.id === selection.call);
            this.selection = selection;
            this.selectedConnection = call && call.conn;
            if (Number.isFinite(selection.at))
                this.reveal(selection.at);
            this.redraw();
        }

        heldUntil(msg) {
            return this.axis.position(ripcord.heldTime(this.model, msg), 1);
        }

        // --- hands --------------------------------------------------------------------------------
        listen() {
            const { canvas } = this;
            let drag = null;
            canvas.addEventListener("pointerdown", (event) => {
                drag = { x: event.offsetX, from: this.from, to: this.to, strip: event.offsetY < STRIP, moved: false };
                canvas.setPointerCapture(event.pointerId);
                if (drag.strip)
                    this.centreOnStrip(event.offsetX);
            });
            canvas.addEventListener("pointermove", (event) => {
                if (!drag) {
                    this.point(event);
                    return;
                }
                drag.moved = drag.moved || Math.abs(event.offsetX - drag.x) > 3;
                const by = (drag.x - event.offsetX) / this.scale;
                if (drag.strip)
                    this.centreOnStrip(event.offsetX);
                else if (drag.moved)
                    this.setWindow(drag.from + by, drag.to + by);
            });
            canvas.addEventListener("pointerup", (event) => {
                if (drag && !drag.moved && !drag.strip)
                    this.choose(this.barAt(event.offsetX, event.offsetY));
                drag = null;
            });
            canvas.addEventListener("pointercancel", () => { drag = null; });
            canvas.addEventListener("pointerleave", () => this.hideTip());
            canvas.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
            canvas.addEventListener("dblclick", (event) => {
                const place = this.positionAt(event.offsetX);
                const burst = this.axis.bursts.find((one) => one.x0 <= place && place <= one.x1);
                if (burst)
                    this.setWindow(burst.x0, burst.x1);
            });
        }

        wheel(event) {
            if (!event.ctrlKey && !event.shiftKey)
                return; // the page scrolls
            event.preventDefault();
            if (event.ctrlKey)
                this.zoom(Math.exp(-event.deltaY / 300), event.offsetX);
            else
                this.pan((event.deltaX || event.deltaY) / 800);
        }

        centreOnStrip(x) {
            const place = this.axis.position(this.model.tEnd * (x - GUTTER) / this.plot), half = (this.to - this.from) / 2;
            this.setWindow(place - half, place + half);
        }

        // The bar under a point: the shortest one, for that is the hardest to hit.
        barAt(x, y) {
            const row = this.rows.find((one) => y >= TOP + one.y && y < TOP + one.y + one.height);
            if (!row)
                return null;
            let found = null;
            const look = (bar) => {
                const held = bar.kind === "msg" && !bar.arrived ? this.heldUntil(bar.item) : bar.x1;
                const x0 = this.onScreen(bar.x0), x1 = this.onScreen(held), margin = bar.kind === "mark" || bar.kind === "check" ? 7 : 3;
                if (x < x0 - margin || x > Math.max(x0 + 2, x1) + margin)
                    return;
                if (bar.level !== undefined && Math.floor((y - TOP - row.y - 2) / row.level) !== bar.level)
                    return;
                if (!found || held - bar.x0 < found.x1 - found.x0)
                    found = bar;
            };
            for (const list of [row.bars, row.marks])
                (list || []).forEach(look);
            return found;
        }

        point(event) {
            const bar = this.barAt(event.offsetX, event.offsetY), { tip } = this;
            this.canvas.style.cursor = bar ? "pointer" : "default";
            if (!bar) {
                this.hideTip();
                return;
            }
            if (this.hover !== bar) {
                this.hover = bar;
                tip.replaceChildren(...ripcord.explain(this.model, bar).map((line) => ripcord.element("p", {}, line)));
            }
            tip.classList.remove("hidden");
            const below = event.clientY + 18;
            tip.style.left = `${Math.max(4, Math.min(event.clientX + 14, innerWidth - tip.offsetWidth - 12))}px`;
            tip.style.top = `${below + tip.offsetHeight > innerHeight ? event.clientY - tip.offsetHeight - 10 : below}px`;
        }

        hideTip() {
            this.hover = null;
            this.tip.classList.add("hidden");
        }

        choose(bar) {
            if (!bar)
                this.onSelect({});
            else if (["call", "fault", "conn"].includes(bar.kind))
                this.onSelect({ [bar.kind]: bar.item.id });
            else if (Number.isFinite(bar.item.call))
                this.onSelect({ call: bar.item.call });
            else
                this.onSelect({ at: bar.kind === "check" ? ripcord.checkTime(bar.item) : bar.item.t });
        }

        // --- drawing ------------------------------------------------------------------------------
        redraw() {
            if (this.asked)
                return;
            this.asked = true;
            requestAnimationFrame(() => {
                this.asked = false;
                this.width = this.canvas.clientWidth;
                if (this.width > 0)
                    this.draw();
            });
        }

        // At the width of the page, or of paper while that is being printed.
        draw() {
            const height = TOP + this.rowsHeight, { brush } = this;
            this.width = ripcord.paper || this.width;
            this.canvas.style.width = ripcord.paper ? `${ripcord.paper}px` : "";
            brush.begin(this.width, height);
            ripcord.drawAxis(this, height);
            for (const row of this.rows)
                ripcord.drawLabel(this, row);
            brush.clipped(GUTTER, TOP, this.plot + RIGHT, height - TOP, () => {
                ripcord.drawShades(this);
                ripcord.drawRows(this);
            });
            brush.clipped(GUTTER, STRIP, this.plot + RIGHT, height - STRIP, () => ripcord.drawOver(this, height));
            this.range.textContent = `${ripcord.formatTime(this.timeAt(GUTTER), 1e6)} … ` +
                `${ripcord.formatTime(this.timeAt(GUTTER + this.plot), 1e6)} virtual`;
        }
    }

    ripcord.Timeline = Timeline;
})();
