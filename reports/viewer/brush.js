// The brush: a canvas at device pixels and the few shapes that the drawings are made of.

const TINY = { size: 10 }, TINY_CENTRED = { ...TINY, align: "center" };
const FONT = "system-ui, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif";

let paper = null; // the width of the page while it is printed, in CSS pixels

class Brush {
  constructor(canvas) {
    this.canvas = canvas;
    this.g = canvas.getContext("2d");
    this.widths = new Map();
  }

  // Begin a picture of this size; colours are those of the theme.
  begin(width, height) {
    const { canvas, g } = this, ratio = this.ratio = devicePixelRatio || 1, style = getComputedStyle(document.documentElement);
    const size = { width: Math.round(width * ratio), height: Math.round(height * ratio) };
    if (canvas.width !== size.width || canvas.height !== size.height)
      Object.assign(canvas, size);
    canvas.style.width = paper ? `${paper}px` : "";
    canvas.style.height = `${height}px`;
    g.setTransform(ratio, 0, 0, ratio, 0, 0);
    g.clearRect(0, 0, width, height);
    this.inks = new Map();
    this.ink = (name) => {
      if (!this.inks.has(name))
        this.inks.set(name, style.getPropertyValue(`--${name}`).trim() || name);
      return this.inks.get(name);
    };
  }

  clipped(x, y, width, height, draw) {
    const { g } = this;
    g.save();
    g.beginPath();
    g.rect(x, y, width, height);
    g.clip();
    draw();
    g.restore();
  }

  text(words, x, y, ink, { size = 11, weight = 400, mono = false, align = "left", halo = false } = {}) {
    const { g } = this;
    g.font = `${weight} ${size}px ${mono ? this.ink("mono") : FONT}`;
    g.textAlign = align;
    g.textBaseline = "middle";
    if (halo) {
      g.strokeStyle = this.ink("panel");
      g.lineWidth = 3;
      g.lineJoin = "round";
      g.strokeText(words, x, y);
    }
    g.fillStyle = this.ink(ink);
    g.fillText(words, x, y);
  }

  // How wide words are; asked often for the same ones.
  widthOf(words, { size = 11, weight = 400, mono = false } = {}) {
    const font = `${weight} ${size}px ${mono ? this.ink("mono") : FONT}`, name = `${font} ${words}`;
    if (!this.widths.has(name)) {
      this.g.font = font;
      this.widths.set(name, this.g.measureText(words).width);
    }
    return this.widths.get(name);
  }

  // Words cut to the room there is, or nothing.
  fitted(words, x, y, room, ink) {
    const look = { size: 10.5, weight: 500 }, width = room < 14 ? Infinity : this.widthOf(words, look);
    if (width > room)
      words = `${words.slice(0, Math.floor(words.length * (room - 8) / width))}…`;
    if (words.length > 2)
      this.text(words, x, y, ink, look);
  }

  // Many lines of one look: [x0, y0, x1, y1, …].
  lines(ends, ink, width = 1, dash = []) {
    const { g } = this;
    g.strokeStyle = this.ink(ink);
    g.lineWidth = width;
    g.setLineDash(dash);
    g.beginPath();
    for (let i = 0; i < ends.length; i += 4) {
      g.moveTo(ends[i], ends[i + 1]);
      g.lineTo(ends[i + 2], ends[i + 3]);
    }
    g.stroke();
    g.setLineDash([]);
  }

  line(x0, y0, x1, y1, ink, width, dash) {
    this.lines([x0, y0, x1, y1], ink, width, dash);
  }

  // A cross, where something was lost or closed.
  cross(x, y, ink, size = 11, look = {}) {
    this.text("✕", x, y, ink, { size, weight: 700, align: "center", ...look });
  }

  // A torn edge, down or across, from `from` to `to`.
  torn(at, from, to, across = false) {
    const ends = [];
    for (let along = from, by = 1.5; along < to; along += 4, by = -by)
      ends.push(...(across ? [along, at - by, along + 4, at + by] : [at - by, along, at + by, along + 4]));
    this.lines(ends, "strong");
  }

  rectangle(x, y, width, height, ink, radius = 0) {
    const { g } = this;
    g.fillStyle = this.ink(ink);
    if (radius === 0 || width < 4 * radius) {
      g.fillRect(x, y, width, height);
      return;
    }
    g.beginPath();
    g.roundRect(x, y, width, height, radius);
    g.fill();
  }

  frame(x, y, width, height, ink, { line = 1, radius = 0, dash = [] } = {}) {
    const { g } = this;
    g.strokeStyle = this.ink(ink);
    g.lineWidth = line;
    g.setLineDash(dash);
    g.beginPath();
    g.roundRect(x, y, Math.max(1, width), height, radius);
    g.stroke();
    g.setLineDash([]);
  }

  diamond(x, y, ink, size) {
    const { g } = this;
    g.fillStyle = this.ink(ink);
    g.fill(new Path2D(`M${x} ${y - size}l${size} ${size}l${-size} ${size}l${-size} ${-size}z`));
  }

  disc(x, y, radius, ink) {
    this.g.fillStyle = this.ink(ink);
    this.g.beginPath();
    this.g.arc(x, y, radius, 0, 7);
    this.g.fill();
  }

  // Tinted and hatched: what a fault touches.
  hatch(x, y, width, height, ink) {
    const ends = [];
    for (let from = x - height - (x % 6); from < x + width; from += 6)
      ends.push(from, y + height, from + height, y);
    this.rectangle(x, y, width, height, `${ink}-tint`);
    this.clipped(x, y, width, height, () => {
      this.g.globalAlpha *= 0.45;
      this.lines(ends, ink);
    });
  }
}

// Something on a canvas of its own, which draws again only when something has changed: on
// request, once a frame.  Its kind has draw().
class Drawing {
  constructor(attributes) {
    this.canvas = element("canvas", attributes);
    this.brush = new Brush(this.canvas);
    this.observer = new ResizeObserver(() => this.redraw());
  }

  redraw() {
    if (this.asked)
      return;
    this.asked = true;
    requestAnimationFrame(() => {
      this.asked = false;
      if (this.canvas.isConnected)
        this.draw();
    });
  }
}

// Everything else recedes while a call or a connection is selected.
function alphaOf(selection, { call, conn }) {
  const recedes = selection.call !== undefined ? call !== selection.call : selection.conn !== undefined && conn !== selection.conn;
  return recedes ? 0.3 : 1;
}

const MESSAGE_INKS = { request: "call", response: "response", fatal: "fail", rst: "fail", ping: "muted", syn: "muted",
                       synack: "muted", fin: "muted" };

// What has happened to a message on its way.  It stops half way with a cross; or half way, then
// dotted as long as it is held; or dotted with its delay; or jagged.  Its ends, its `middle` and
// where it was `held` until are points; `to` is missing when it never came.
function drawHurt(brush, { fate, len, t, rx }, { from, middle, held, to }, say) {
  const line = (a, b, dash) => brush.line(...a, ...b, "fault", 1.7, dash), [x, y] = middle;
  if (!to && ["dropped", "refused", "truncated"].includes(fate)) {
    line(from, middle);
    brush.cross(x, y, "fault", 11, { halo: true });
  } else if (fate === "held" || !to) {
    line(from, middle);
    brush.rectangle(x - 2, y - 2, 5, 5, "fault");
    line(middle, held, [2, 3]);
    if (to)
      line(held, to);
    if (Math.hypot(held[0] - x, held[1] - y) > 60)
      say(joined([fate === "held" ? "held" : "on its way", isNumber(len) && sized(len)], ": "), x, y);
  } else if (fate === "corrupted") {
    const point = (share, aside) => from.map((a, i) => a + share * (to[i] - a) + (i === 0 ? aside : 0));
    for (let i = 0; i < 6; i++)
      line(point(i / 6, i % 2 * 4), point((i + 1) / 6, (i + 1) % 2 * 4));
    say("≠", x, y);
  } else {
    line(from, to, fate === "delayed" ? [2, 3] : []);
    say(fate === "delayed" ? `+${duration(rx - t)}` : fate, x, y);
  }
}
