// The timeline: what is shown of a run and what the reader does with it.  It draws again only
// when something has changed, and finds what is under the pointer when it is asked.

class Timeline extends Drawing {
  constructor(model, onSelect) {
    super({ tabindex: "0", role: "application",
            "aria-label": "Timeline. Arrow keys step through the events; the table Events lists them all." });
    Object.assign(this, { model, onSelect, selection: {}, folded: true, width: 1000 });
    this.show = {}; // all: every lane; byClient: connections by client
    this.tip = box("div.tip.hidden");
    this.range = box("span.range");
    this.order = orderInstants(model);
    this.setAxis();
    this.listen();
    this.observer.observe(this.canvas);
    document.body.append(this.tip);
  }

  close() {
    this.observer.disconnect();
    this.tip.remove();
  }

  // --- axis and window: [from, to] in positions of the axis ---
  setAxis() {
    const { model } = this, { shares, counts } = this.order;
    this.axis = this.folded ? foldedAxis(eventTimes(model), burstSignature(model), counts) : linearAxis(0, model.tEnd);
    const { rows, height } = layRows(model, this.axis, placesOn(this.axis, shares), this.show);
    const barsIn = (kind) => rows.find((row) => row.kind === kind)?.bars || [];
    Object.assign(this, { rows, rowsHeight: height, from: 0, to: this.axis.width, faultBars: barsIn("faults") });
    this.failedBars = barsIn("checks").filter((bar) => !bar.item.ok).slice(0, 50);
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

  get scale() {
    return this.plot / (this.to - this.from);
  }

  onScreen(position) {
    return GUTTER + (position - this.from) * this.scale;
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
    const { width: whole } = this.axis, width = Math.max(whole / 1e6, Math.min(to - from, whole));
    this.from = Math.max(0, Math.min((from + to - width) / 2, whole - width));
    this.to = this.from + width;
    this.redraw();
  }

  zoom(factor, at = GUTTER + this.plot / 2) {
    const middle = this.positionAt(at);
    this.setWindow(middle - (middle - this.from) / factor, middle + (this.to - middle) / factor);
  }

  pan(share) {
    const by = share * (this.to - this.from);
    this.setWindow(this.from + by, this.to + by);
  }

  all() {
    this.setWindow(0, this.axis.width);
  }

  // The window of the same width around a position.
  centre(position) {
    const half = (this.to - this.from) / 2;
    this.setWindow(position - half, position + half);
  }

  // Bring a time into view, without zooming out.
  reveal(t) {
    const position = this.axis.position(t), margin = (this.to - this.from) * 0.05;
    if (position < this.from + margin || position > this.to - margin)
      this.centre(position);
  }

  select(selection) {
    this.selection = selection;
    this.selectedConnection = this.model.callById.get(selection.call)?.conn;
    if (isNumber(selection.at))
      this.reveal(selection.at);
    this.redraw();
  }

  heldUntil(msg) {
    return this.axis.position(heldTime(this.model, msg), 1);
  }

  // --- hands ---
  listen() {
    const { canvas } = this, on = (name, act, options) => canvas.addEventListener(name, act, options);
    let drag = null;
    on("pointerdown", (event) => {
      drag = { x: event.offsetX, from: this.from, to: this.to, strip: event.offsetY < STRIP, moved: false };
      canvas.setPointerCapture(event.pointerId);
      if (drag.strip)
        this.centreOnStrip(event.offsetX);
    });
    on("pointermove", (event) => {
      if (!drag) {
        this.point(event);
        return;
      }
      drag.moved ||= Math.abs(event.offsetX - drag.x) > 3;
      const by = (drag.x - event.offsetX) / this.scale;
      if (drag.strip)
        this.centreOnStrip(event.offsetX);
      else if (drag.moved)
        this.setWindow(drag.from + by, drag.to + by);
    });
    on("pointerup", (event) => {
      if (drag && !drag.moved && !drag.strip)
        this.choose(this.barAt(event.offsetX, event.offsetY));
      drag = null;
    });
    on("pointercancel", () => { drag = null; });
    on("pointerleave", () => this.hideTip());
    on("wheel", (event) => this.wheel(event), { passive: false });
    on("dblclick", (event) => {
      const position = this.positionAt(event.offsetX), burst = this.axis.bursts.find((one) => position <= one.x1);
      if (burst?.x0 <= position)
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
    this.centre(this.axis.position(this.model.tEnd * (x - GUTTER) / this.plot));
  }

  // The bar under a point: the shortest one, for that is the hardest to hit.
  barAt(x, y) {
    const row = this.rows.find((one) => y >= TOP + one.y && y < TOP + one.y + one.height);
    let found = null, shortest = Infinity;
    for (const bar of [...(row?.bars || []), ...(row?.marks || [])]) {
      const held = bar.kind === "msg" && !bar.arrived ? this.heldUntil(bar.item) : bar.x1;
      const x0 = this.onScreen(bar.x0), x1 = this.onScreen(held), margin = bar.kind === "mark" || bar.kind === "check" ? 7 : 3;
      if (x < x0 - margin || x > Math.max(x0 + 2, x1) + margin || held - bar.x0 >= shortest)
        continue;
      if (bar.level !== undefined && Math.floor((y - TOP - row.y - 2) / row.level) !== bar.level)
        continue;
      found = bar;
      shortest = held - bar.x0;
    }
    return found;
  }

  point(event) {
    const bar = this.barAt(event.offsetX, event.offsetY), { tip } = this;
    this.canvas.style.cursor = bar ? "pointer" : "default";
    if (!bar) {
      this.hideTip();
      return;
    }
    if (this.hover !== bar)
      tip.replaceChildren(...explain(bar).map((line) => box("p", line)));
    this.hover = bar;
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
    else if (isNumber(bar.item.call))
      this.onSelect({ call: bar.item.call });
    else
      this.onSelect({ at: bar.kind === "check" ? checkTime(bar.item) : bar.item.t });
  }

  // At the width of the page, or of paper while that is being printed.
  draw() {
    const height = TOP + this.rowsHeight, { brush } = this;
    this.width = paper || this.canvas.clientWidth || this.width;
    brush.begin(this.width, height);
    drawAxis(this, height);
    this.rows.forEach((row) => drawLabel(this, row));
    brush.clipped(GUTTER, TOP, this.plot + RIGHT, height - TOP, () => {
      drawShades(this);
      drawRows(this);
    });
    brush.clipped(GUTTER, STRIP, this.plot + RIGHT, height - STRIP, () => drawOver(this, height));
    const [from, to] = [GUTTER, GUTTER + this.plot].map((x) => clock(this.timeAt(x), 1e6));
    this.range.textContent = `${from} … ${to} virtual`;
  }
}
