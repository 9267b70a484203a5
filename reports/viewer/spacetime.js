// The space-time diagram: time runs down, a call goes from left to right through client, network
// and server.  Rows keep the order of events; their spacing is logarithmic, and idle time is a
// torn band.  Only what is in view is drawn.

const HEAD = 46, ROW_MIN = 7, ROW_MAX = 32, BAND = 26, TIMES = 118, VIEW = 640, POINTS_MAX = 4000;

const columnOf = (lane) => (/\/(listener|reader)/.test(lane) ? "reader" : /\/(handler|callqueue)/.test(lane) ? "handler" :
  /\/(responder|respqueue|idletimer)/.test(lane) ? "responder" : null);

// Rows for the points of `belongs(item)`: a place down the page for each beginning and end,
// the times at the left, the bands of idle time.  Pure.
function layDown(model, belongs) {
  const points = orderedPoints(model).filter((point) => belongs(point.item));
  const moments = distinct(points.map((point) => point.t)), counts = new Map();
  for (const { t } of points)
    counts.set(t, (counts.get(t) || 0) + 1);
  const folded = new Set(foldedGaps(moments, counts).map((index) => moments[index]));
  const places = new Map(), times = [], bands = [], knots = [];
  let y = 14, last = null, smallest = Infinity;
  for (let i = 0; i + 1 < moments.length; i++)
    if (!folded.has(moments[i]))
      smallest = Math.min(smallest, moments[i + 1] - moments[i]);
  for (const { t, item, end } of points.slice(0, POINTS_MAX)) {
    if (last === null || t === last) {
      y += 9;
    } else if (folded.has(last)) {
      bands.push({ y: y + 8, length: t - last });
      y += BAND + 18;
    } else {
      y += Math.min(ROW_MAX, ROW_MIN + 6 * Math.log2(1 + (t - last) / smallest));
    }
    if (t !== last)
      times.push({ y, t });
    knots.push([t, y]);
    last = t;
    if (!places.has(item))
      places.set(item, [y, null]);
    places.get(item)[end ? 1 : 0] = y;
  }
  // A time that is nobody's own: the first place that is not before it.
  const placeOf = (t) => (knots[firstFrom(knots, t, ([time]) => time)] || [t, y])[1];
  return { places, times, bands, placeOf, height: y + 30, left: Math.max(0, points.length - POINTS_MAX) };
}

// Which connection to begin with: what the failed check is about, else the first that is hurt.
function defaultConnection(model, selection) {
  const connOf = (id) => model.callById.get(id)?.conn, about = model.failed.find((check) => check.about)?.about;
  return selection.conn ?? connOf(selection.call) ?? about?.conn ?? connOf(about?.call) ?? model.msgs.find(isHurt)?.conn ??
    model.connections[0]?.id;
}

class Diagram extends Drawing {
  constructor(model, view) {
    super({ role: "img", "aria-label": "Space-time diagram; the tab Events has it as text" });
    this.model = model;
    this.view = view;
    this.down = box("div.down", this.canvas);
    this.scroller = region("div.spacetime", "Space-time diagram", this.down);
    this.scroller.addEventListener("scroll", () => this.redraw());
    this.canvas.addEventListener("click", (event) => this.choose(event));
    this.canvas.addEventListener("pointermove", (event) => {
      this.canvas.style.cursor = this.messageAt(event) ? "pointer" : "default";
    });
    this.observer.observe(this.scroller);
  }

  // Another connection, or all (undefined).
  show(connection) {
    const { model } = this;
    this.connection = connection;
    this.connections = model.connections.filter((one) => connection === undefined || one.id === connection).slice(0, 12);
    this.belongs = (item) => item.type !== "gauge" && item.type !== "check" && (connection === undefined ||
      (item.conn ?? model.callById.get(item.call)?.conn ?? Number(String(item.obj).split("/")[1])) === connection);
    this.rows = layDown(model, this.belongs);
    this.down.style.height = `${HEAD + this.rows.height}px`;
    this.scroller.scrollTop = 0;
    this.redraw();
  }

  x(column) {
    return { calls: TIMES + 26, conn: TIMES + 110, reader: this.width * 0.68, handler: this.width * 0.8,
             responder: this.width * 0.91 }[column];
  }

  connX(id) {
    return this.x("conn") + 9 * Math.max(0, this.connections.findIndex((one) => one.id === id));
  }

  // Places on the screen: of a row, of a time, of the beginning and the end of an item.
  y(place) {
    return HEAD + place - this.top;
  }

  at(t) {
    return this.y(this.rows.placeOf(t));
  }

  from(item) {
    return this.y(this.rows.places.get(item)?.[0] ?? 0);
  }

  to(item) {
    return this.y(this.rows.places.get(item)?.[1] ?? this.rows.height - 20);
  }

  out(y0, y1 = y0) {
    return Math.max(y0, y1) < HEAD || Math.min(y0, y1) > this.height;
  }

  // Do `draw(item)` for each of a list that is in view, pale unless it is selected.
  each(list, draw) {
    for (const item of list) {
      if (!this.belongs(item) || !this.rows.places.has(item))
        continue;
      this.brush.g.globalAlpha = alphaOf(this.view.selection, item.type === "call" ? { call: item.id, conn: item.conn } : item);
      draw(item);
    }
    this.brush.g.globalAlpha = 1;
  }

  // Words near an arrow's tail, unless others are there.
  label(words, x, y, ink, align = "left") {
    const look = { size: 10.5, weight: 500, align, halo: true }, width = this.brush.widthOf(words, look);
    const left = align === "right" ? x - width : x;
    for (const dy of [-6, 7, -17]) {
      const [x0, y0, x1, y1] = [left - 2, y + dy - 6, left + width + 2, y + dy + 6];
      if (this.labels.some((o) => o[0] < x1 && x0 < o[2] && o[1] < y1 && y0 < o[3]))
        continue;
      this.labels.push([x0, y0, x1, y1]);
      this.brush.text(words, x, y + dy, ink, look);
      return;
    }
  }

  draw() {
    const { brush } = this, whole = HEAD + this.rows.height;
    this.width = paper || this.scroller.clientWidth;
    this.height = Math.min(paper ? 440 : VIEW, whole);
    this.top = Math.min(this.scroller.scrollTop, Math.max(0, whole - this.height));
    this.labels = [];
    this.hits = [];
    brush.begin(this.width, this.height);
    brush.clipped(0, HEAD, this.width, this.height - HEAD, () => {
      this.drawTimes();
      this.drawLifelines();
      this.drawFaults();
      this.drawCalls();
      this.drawServer();
      this.each(this.model.msgs, (msg) => this.drawMessage(msg));
      this.drawMarks();
      this.drawChecks();
    });
    this.drawHead();
  }

  drawHead() {
    const { brush } = this, conn = this.connection === undefined ? "connections" : `conn ${this.connection}`;
    const names = { calls: "Calls", conn, reader: "Listener · Reader", handler: "Handlers", responder: "Responder" };
    for (const [column, name] of Object.entries(names)) {
      brush.text(name, this.x(column), 16, "text", { size: 11.5, weight: 650, align: "center" });
      brush.text(/^c/.test(column) ? "client" : "server", this.x(column), 32, "muted", TINY_CENTRED);
    }
    brush.text("virtual time", TIMES - 12, 32, "muted", { size: 10, align: "right" });
    brush.line(0, HEAD - 0.5, this.width, HEAD - 0.5, "line");
  }

  drawTimes() {
    const { brush } = this;
    let free = -Infinity;
    for (const { y: place_, t } of this.rows.times) {
      const y = this.y(place_);
      if (this.out(y) || y < free)
        continue;
      free = y + 13;
      brush.text(exact(t), TIMES - 12, y, "muted", { size: 10.5, mono: true, align: "right" });
      brush.line(TIMES - 8, y + 0.5, TIMES - 2, y + 0.5, "strong");
    }
    for (const { y: place_, length } of this.rows.bands) {
      const y = this.y(place_);
      if (this.out(y, y + BAND))
        continue;
      brush.rectangle(0, y, this.width, BAND, "skip-tint");
      brush.torn(y, 0, this.width, true);
      brush.torn(y + BAND, 0, this.width, true);
      brush.text(`${duration(length)} idle`, (this.x("conn") + this.x("reader")) / 2, y + BAND / 2, "muted", TINY_CENTRED);
    }
  }

  drawLifelines() {
    const { brush } = this;
    for (const column of ["reader", "handler", "responder"])
      brush.line(this.x(column), HEAD, this.x(column), this.height, "strong");
    for (const one of this.connections)
      for (const state of statesOf(one)) {
        const x = this.connX(one.id), y0 = this.from(state), y1 = state.next ? this.from(state.next) : this.height;
        if (state.to === "closed" && !this.out(y0))
          brush.cross(x, y0 + 5, isUnwilling(state) ? "fail" : "muted");
        else if (state.to !== "closed" && !this.out(y0, y1))
          brush.rectangle(x - 3, y0, 6, Math.max(2, y1 - y0), STATE_INKS[state.to] || "line");
      }
  }

  // A fault shades the network while it is armed.
  drawFaults() {
    const { brush } = this, x0 = this.connX(this.connections.at(-1)?.id) + 8, x1 = this.x("reader") - 8;
    this.model.faults.forEach((fault, i) => {
      const conn = fault.target?.conn ?? this.connection;
      const y0 = this.at(fault.t) - 5, y1 = this.at(endOf(this.model, fault)) + 5;
      if ((this.connection !== undefined && conn !== this.connection) || this.out(y0, y1))
        return;
      brush.rectangle(x0, y0, x1 - x0, y1 - y0, "fault-tint");
      brush.line(x0, y0, x0, y1, "fault", 2);
      this.label(`⚡ ${fault.id || ""} ${fault.kind || ""}`, x1 - 6, Math.max(y0 + 10, HEAD + 14) + 14 * (i % 4), "fault", "right");
    });
  }

  drawCalls() {
    const bars = this.model.calls.filter(this.belongs).map((item) => ({ item, x0: this.from(item), x1: this.to(item) }));
    packLevels(bars, 4, 4);
    const levels = new Map(bars.map((bar) => [bar.item, bar.level]));
    this.each(this.model.calls, (call) => {
      const y0 = this.from(call), y1 = this.to(call), x = this.x("calls") - 12 + 8 * levels.get(call);
      const group = endingGroup(call), local = group === "local";
      if (this.out(y0, y1))
        return;
      this.brush.rectangle(x - 3, y0, 6, Math.max(3, y1 - y0), GROUPS[group].ink, 2);
      this.label(`#${call.id} ${callName(call)}`, x + 7, y0, local ? "fail" : "text");
      if (isNumber(call.end) && group !== "ok")
        this.label(`${local ? "✕ " : ""}${endingWords(call)}`, x + 7, y1 + 2, local ? "fail" : "warn-mark");
    });
  }

  drawServer() {
    this.each(this.model.spans, (span) => {
      const column = columnOf(span.lane), y0 = this.from(span), y1 = this.to(span);
      if (!column || this.out(y0, y1))
        return;
      const waits = /queue$/.test(span.lane), x = this.x(column) + (waits ? 6 : 0);
      this.brush.rectangle(x - 3, y0 - 1, 6, Math.max(6, y1 - y0 + 2), waits ? "skip-mark" : "work", 2);
      this.label(waits ? "waits" : span.kind === "handle" && span.label || span.kind || "", x + 8, y0 + 6, "text");
    });
  }

  drawMessage(msg) {
    const { brush } = this, toServer = msg.dir !== "s2c", arrived = isNumber(msg.rx), hurt = isHurt(msg) || (!arrived && !isIdleEnd(msg));
    const ends = [this.connX(msg.conn) + 4, this.x("reader") - 4], [x0, x1] = toServer ? ends : ends.reverse(), half = (x0 + x1) / 2;
    const y0 = this.from(msg), y1 = arrived ? this.to(msg) : this.at(heldTime(this.model, msg)), ink = hurt ? "fault" : MESSAGE_INKS[msg.kind] || "muted";
    if (this.out(y0, y1))
      return;
    this.hits.push([msg, new Path2D(`M${x0} ${y0}L${arrived ? `${x1} ${y1}` : `${half} ${y0 + 5}`}`)]);
    if (hurt)
      drawHurt(brush, msg, { from: [x0, y0], middle: [half, y0 + 5], held: [half, Math.max(y0 + 14, y1 - 5)], to: arrived && [x1, y1] },
               (words, x, y) => this.label(words, x + 6, y + 8, ink));
    else
      brush.line(x0, y0, arrived ? x1 : half, arrived ? y1 : y0 + 5, ink, 1.4);
    if (arrived) {
      const angle = Math.atan2(y1 - y0, x1 - x0);
      brush.lines([0.4, -0.4].flatMap((turn) => [x1, y1, x1 - 7 * Math.cos(angle + turn), y1 - 7 * Math.sin(angle + turn)]), ink, 1.4);
    }
    const words = joined([isNumber(msg.call) && `#${msg.call}`, msg.kind, isHurt(msg) && msg.fate, msg.fault, msg.len > 4096 && sized(msg.len)], " ");
    this.label(words, x0 + (toServer ? 10 : -10), y0 + (arrived ? (y1 - y0) * 10 / Math.abs(x1 - x0) : 0), ink, toServer ? "left" : "right");
  }

  drawMarks() {
    this.each(this.model.marks, (mark) => {
      const column = columnOf(mark.lane), x = column && this.x(column), y = this.from(mark), bad = isBadMark(mark);
      if (!column || this.out(y))
        return;
      this.brush.diamond(x, y, bad ? "fail" : "skip-mark", 4);
      this.label(joined([plain(mark.kind || ""), mark.text !== mark.kind && mark.text], ": "), x + 8, y + 6, bad ? "fail" : "muted");
    });
  }

  drawChecks() {
    for (const check of this.model.failed) {
      const y = this.at(checkTime(check)) + 4.5;
      this.brush.line(0, y, this.width, y, "fail", 1, [3, 3]);
      this.label(`✕ ${check.id || ""} failed`, this.width - 8, y, "fail", "right");
    }
  }

  messageAt({ offsetX, offsetY }) {
    const { g, ratio } = this.brush;
    g.lineWidth = 14;
    return (this.hits || []).find(([, path]) => g.isPointInStroke(path, offsetX * ratio, offsetY * ratio))?.[0];
  }

  choose(event) {
    const msg = this.messageAt(event);
    if (msg)
      this.view.openMessage(msg);
  }
}

function spaceTime(model, view) {
  if (model.msgs.length + model.calls.length === 0)
    return empty("Nothing went over the wire.");
  const diagram = new Diagram(model, view), first = defaultConnection(model, view.selection);
  const list = element("select", { "aria-label": "Connection", onchange: () => diagram.show(list.value === "all" ? undefined : Number(list.value)) },
    model.connections.map((one) => element("option", { value: one.id, selected: one.id === first }, `conn ${one.id}  ${endpoints(one)}`)),
    element("option", { value: "all", selected: first === undefined }, "all connections"));
  diagram.show(first);
  const more = diagram.rows.left > 0 && `The first ${POINTS_MAX} beginnings and ends are drawn.`;
  return Object.assign(box("div", box("div.tools", "Show", list,
    box("span", "Time runs down; rows keep the order, spacing is logarithmic. Click a message for its frame."), more), diagram.scroller),
    { redraw: () => diagram.redraw(), draw: () => diagram.draw() });
}
