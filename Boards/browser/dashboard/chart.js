// A live chart of one sensor.

import { make, makeSVG } from './elements.js';

const SPAN = 120_000;
const WIDTH = 400;
const HEIGHT = 150;
const UNITS = { Cel: '°C', '%RH': '% RH' };

export class Chart {
  #points = [];
  #value = make('span', { className: 'big' }, '—');
  #unit = make('span', { className: 'unit' });
  #mode = make('span', { className: 'tag' }, 'waiting');
  #svg = makeSVG('svg', { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: 'none', 'aria-hidden': 'true' });
  #line = makeSVG('path', { class: 'line' });
  #area = makeSVG('path', { class: 'area' });
  #dot = make('span', { className: 'dot', hidden: true });
  #scales = [make('span', { className: 'scale' }), make('span', { className: 'scale' }), make('span', { className: 'scale' })];
  #summary = make('p', { className: 'quiet' });

  constructor(path, title) {
    this.path = path;
    const heading = make('h2', { id: `chart-${path}` }, title);
    for (const y of [0, 0.5, 1]) {
      this.#svg.append(makeSVG('line', { class: 'grid', x1: 0, x2: WIDTH, y1: y * HEIGHT, y2: y * HEIGHT }));
    }
    this.#svg.append(this.#area, this.#line);
    this.element = make('section', { className: 'card chart', 'aria-labelledby': heading.id },
      make('div', { className: 'row' }, heading, this.#mode),
      make('div', { className: 'value' }, this.#value, this.#unit),
      make('div', { className: 'plot' }, this.#svg, this.#dot, ...this.#scales),
      make('div', { className: 'times', 'aria-hidden': 'true' },
        make('span', {}, '2 min ago'), make('span', {}, '1 min'), make('span', {}, 'now')),
      this.#summary);
    this.element.dataset.path = path;
  }

  /** How values come: observed, polled, or not now. */
  set mode(text) { this.#mode.textContent = text; }

  /** Takes a representation such as "21.5 Cel". */
  add(text) {
    const [, number, unit] = /^(-?[\d.]+)\s*(.*)$/.exec(text) ?? [];
    if (number === undefined) return;
    this.#points.push({ time: Date.now(), value: Number(number) });
    this.#value.textContent = number;
    this.#unit.textContent = UNITS[unit] ?? unit;
    this.element.dataset.count = Number(this.element.dataset.count ?? 0) + 1;
    this.draw();
  }

  draw() {
    const now = Date.now();
    // One point before the beginning, so that the line comes in from the left.
    while (this.#points.length > 1 && this.#points[1].time < now - SPAN) this.#points.shift();
    if (!this.#points.length) return;
    const values = this.#points.map(({ value }) => value);
    const [low, high] = [Math.min(...values), Math.max(...values)];
    const margin = Math.max((high - low) * 0.15, 0.5);
    const [bottom, top] = [Math.floor(low - margin), Math.ceil(high + margin)];
    const x = (time) => WIDTH - (now - time) / SPAN * WIDTH;
    const y = (value) => HEIGHT - (value - bottom) / (top - bottom) * HEIGHT;
    const places = this.#points.map(({ time, value }) => [Math.max(x(time), 0), y(value)]);
    // What was last heard is still so.
    places.push([WIDTH, places.at(-1)[1]]);
    const line = places.map(([left, down]) => `${left.toFixed(1)} ${down.toFixed(1)}`).join('L');
    this.#line.setAttribute('d', `M${line}`);
    this.#area.setAttribute('d', `M${places[0][0].toFixed(1)} ${HEIGHT}L${line}L${WIDTH} ${HEIGHT}Z`);
    const share = places.at(-1)[1] / HEIGHT;
    this.#dot.hidden = false;
    Object.assign(this.#dot.style, { left: 'calc(100% - 44px)', top: `${share * 100}%` });
    this.#scales.forEach((label, index) => {
      label.textContent = String(top - (top - bottom) * index / 2);
      label.style.top = `${index * 50}%`;
    });
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    this.#summary.textContent =
      `Lowest ${low.toFixed(1)}, mean ${mean.toFixed(1)}, highest ${high.toFixed(1)} in the last two minutes`;
  }
}
