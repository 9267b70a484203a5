// The brush: a canvas at device pixels and the few shapes that the timeline is made of.
"use strict";

(() => {
    const FONT = "system-ui, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif";
    const INKS = ["panel", "line", "strong", "text", "muted", "accent", "pass", "fail", "fault", "fail-mark", "warn-mark",
                  "skip-mark", "fault-tint", "call", "response", "open", "connecting", "setup", "closed", "work", "fold",
                  "fold-edge", "on-mark", "pass-tint"];

    class Brush {
        constructor(canvas) {
            this.canvas = canvas;
            this.g = canvas.getContext("2d");
            this.widths = new Map();
        }

        // Begin a picture of this size; colours are those of the theme.
        begin(width, height) {
            const { canvas, g } = this, ratio = devicePixelRatio || 1;
            if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
                canvas.width = Math.round(width * ratio);
                canvas.height = Math.round(height * ratio);
            }
            g.setTransform(ratio, 0, 0, ratio, 0, 0);
            g.clearRect(0, 0, width, height);
            this.width = width;
            if (this.theme === document.documentElement.dataset.theme)
                return;
            this.theme = document.documentElement.dataset.theme;
            const style = getComputedStyle(document.documentElement);
            this.ink = Object.fromEntries(INKS.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
            this.mono = style.getPropertyValue("--mono");
        }

        clipped(x, y, width, height, draw) {
            this.g.save();
            this.g.beginPath();
            this.g.rect(x, y, width, height);
            this.g.clip();
            draw();
            this.g.restore();
        }

        text(words, x, y, colour, { size = 11, weight = 400, mono = false, align = "left", halo = false } = {}) {
            const { g } = this;
            g.font = `${weight} ${size}px ${mono ? this.mono : FONT}`;
            g.textAlign = align;
            g.textBaseline = "middle";
            if (halo) {
                g.strokeStyle = this.ink.panel;
                g.lineWidth = 3;
                g.lineJoin = "round";
                g.strokeText(words, x, y);
            }
            g.fillStyle = this.ink[colour] || colour;
            g.fillText(words, x, y);
        }

        // How wide words are; asked often for the same ones.
        widthOf(words, { size = 11, weight = 400, mono = false } = {}) {
            const key = `${weight} ${size} ${mono} ${words}`;
            if (!this.widths.has(key)) {
                this.g.font = `${weight} ${size}px ${mono ? this.mono : FONT}`;
                this.widths.set(key, this.g.measureText(words).width);
            }
            return this.widths.get(key);
        }

        // Words cut to the room there is, or nothing.
        fitted(words, x, y, room, colour) {
            const look = { size: 10.5, weight: 500 };
            if (room < 14)
                return;
            const width = this.widthOf(words, look);
            if (width > room)
                words = words.slice(0, Math.floor(words.length * (room - 8) / width)) + "…";
            if (words.length > 2)
                this.text(words, x, y, colour, look);
        }

        line(x0, y0, x1, y1, colour, width = 1, dash = []) {
            const { g } = this;
            g.strokeStyle = this.ink[colour] || colour;
            g.lineWidth = width;
            g.setLineDash(dash);
            g.beginPath();
            g.moveTo(x0, y0);
            g.lineTo(x1, y1);
            g.stroke();
            if (dash.length > 0)
                g.setLineDash([]);
        }

        // Many lines of one look: [x0, y0, x1, y1, …].
        lines(ends, colour, width) {
            const { g } = this;
            g.strokeStyle = this.ink[colour] || colour;
            g.lineWidth = width;
            g.beginPath();
            for (let i = 0; i < ends.length; i += 4) {
                g.moveTo(ends[i], ends[i + 1]);
                g.lineTo(ends[i + 2], ends[i + 3]);
            }
            g.stroke();
        }

        rectangle(x, y, width, height, colour, radius = 0) {
            const { g } = this;
            g.fillStyle = this.ink[colour] || colour;
            if (radius === 0 || width < 4 * radius) {
                g.fillRect(x, y, width, height);
                return;
            }
            g.beginPath();
            g.roundRect(x, y, width, height, radius);
            g.fill();
        }

        frame(x, y, width, height, colour, { line = 1, radius = 0, dash = [] } = {}) {
            const { g } = this;
            g.strokeStyle = this.ink[colour];
            g.lineWidth = line;
            g.setLineDash(dash);
            g.beginPath();
            g.roundRect(x, y, Math.max(1, width), height, radius);
            g.stroke();
            g.setLineDash([]);
        }

        diamond(x, y, colour, size) {
            const { g } = this;
            g.fillStyle = this.ink[colour];
            g.beginPath();
            g.moveTo(x, y - size);
            g.lineTo(x + size, y);
            g.lineTo(x, y + size);
            g.lineTo(x - size, y);
            g.fill();
        }

        disc(x, y, radius, colour) {
            this.g.fillStyle = this.ink[colour];
            this.g.beginPath();
            this.g.arc(x, y, radius, 0, 7);
            this.g.fill();
        }

        hatch(x, y, width, height, colour) {
            const ends = [];
            this.clipped(x, y, width, height, () => {
                this.g.globalAlpha *= 0.45;
                for (let from = x - height - (x % 6); from < x + width; from += 6)
                    ends.push(from, y + height, from + height, y);
                this.lines(ends, colour, 1);
            });
        }
    }

    ripcord.Brush = Brush;
})();
