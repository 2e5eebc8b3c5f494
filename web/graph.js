/**
 * A small live graph: the last minute of one or two series, and their present values in figures.
 */
import { create } from './knobs.js';
import { known } from './words.js';

/** Points, one a second. */
const KEPT = 60;
const SVG = 'http://www.w3.org/2000/svg';
const WIDTH = 120;
const HEIGHT = 36;

export class Graph {
  /** @type {(number | null)[][]} */ #series;
  /** @type {SVGPolylineElement[]} */ #lines;
  /** @type {HTMLElement[]} */ #figures;
  /** @type {number} */ #least;
  /** @type {number} */ #digits;

  /** `least`: what the scale reaches at least. @param {string} title @param {string[]} names @param {{least: number, digits?: number}} scale */
  constructor(title, names, { least, digits = 0 }) {
    [this.#least, this.#digits] = [least, digits];
    this.#series = names.map(() => []);
    const drawing = document.createElementNS(SVG, 'svg');
    drawing.setAttribute('viewBox', `0 0 ${WIDTH} ${HEIGHT}`);
    drawing.setAttribute('preserveAspectRatio', 'none');
    drawing.setAttribute('aria-hidden', 'true');
    this.#lines = names.map((_, index) => {
      const line = document.createElementNS(SVG, 'polyline');
      line.setAttribute('class', `series-${index}`);
      return drawing.appendChild(line);
    });
    const figures = create('dl', {});
    this.#figures = names.map((name, index) => {
      const term = create('dt', { textContent: name, className: `series-${index}` });
      const figure = create('dd', { textContent: '–' });
      const pair = figures.appendChild(create('div', {}));
      pair.append(term, figure);
      return figure;
    });
    this.element = create('section', { className: 'graph' });
    this.element.append(create('h3', { textContent: title }), figures, drawing);
  }

  /** @param {(number | null | undefined)[]} values one of each series; null: a gap */
  push(values) {
    values.forEach((value, index) => {
      const points = this.#series[index];
      points.push(value ?? null);
      if (points.length > KEPT) points.shift();
      this.#figures[index].textContent = value == null ? '–' : value.toFixed(this.#digits);
    });
    this.#draw();
  }

  clear() {
    this.#series = this.#series.map(() => []);
    for (const figure of this.#figures) figure.textContent = '–';
    this.#draw();
  }

  #draw() {
    const highest = Math.max(this.#least, ...this.#series.flat().map((value) => value ?? 0));
    this.#series.forEach((points, index) => {
      const from = KEPT - points.length;
      const at = (/** @type {number | null} */ value, /** @type {number} */ place) =>
        `${(((from + place) / (KEPT - 1)) * WIDTH).toFixed(1)},${(HEIGHT - 1 - ((value ?? 0) / highest) * (HEIGHT - 2)).toFixed(1)}`;
      const drawn = points.map((value, place) => (value === null ? '' : at(value, place))).filter(Boolean);
      this.#lines[index].setAttribute('points', drawn.join(' '));
    });
  }
}

/** Times as bars under one another, with the figure behind each. */
export class Bars {
  /** @param {string} title */
  constructor(title) {
    this.element = create('section', { className: 'graph bars' });
    this.#list = create('ul', {});
    this.element.append(create('h3', { textContent: title }), this.#list);
  }

  /** @type {HTMLUListElement} */ #list;

  /** @param {{name: string, value: number}[]} bars */
  show(bars) {
    const longest = Math.max(1, ...bars.map((bar) => bar.value));
    this.#list.replaceChildren(...bars.map(({ name, value }) => {
      const item = create('li', {});
      const bar = create('meter', { min: 0, max: longest, value });
      const title = known(`stage.${name}`) ?? name;
      bar.setAttribute('aria-label', title);
      item.append(create('span', { textContent: title }), bar, create('output', { textContent: value.toFixed(1) }));
      return item;
    }));
  }
}
