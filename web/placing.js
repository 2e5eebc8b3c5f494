/**
 * The background moved by hand on the picture: dragged, or by keys. What has room to move within `fit` moves its focus,
 * as CSS's `object-position` does; where there is none, the offset. What covers the picture goes on covering it.
 *
 * @typedef {{width: number, height: number}} Size
 * @typedef {{kind: string, source?: string, fit?: string, focus?: number[], offset?: number[], scale?: number}} Background
 */
import { shownArea } from './eyedropper.js';

/** Of the picture's side that a key press moves the background. */
const STEP = 0.02;
/** What a key press scales by. */
const ZOOM = 1.05;
/** The server's own limits. */
const SCALES = [0.05, 20];
const MIDDLE = [0.5, 0.5];

/** Its size as it lies in the picture. @param {Background} background @param {Size} source @param {Size} picture @returns {number[]} */
function laidSize({ fit = 'cover', scale = 1 }, source, picture) {
  const [across, down] = [picture.width / source.width, picture.height / source.height];
  const factors = {
    cover: [Math.max(across, down), Math.max(across, down)],
    contain: [Math.min(across, down), Math.min(across, down)],
    fill: [across, down],
  }[fit] ?? [1, 1];
  return [source.width * factors[0] * scale, source.height * factors[1] * scale];
}

/**
 * Where a background lies after it was moved.
 * @param {Background} background @param {Size} source @param {Size} picture @param {number[]} by pixels of the picture
 * @returns {{focus: number[], offset: number[]}}
 */
export function moved(background, source, picture, by) {
  const laid = laidSize(background, source, picture);
  const [focus, offset] = [[...(background.focus ?? MIDDLE)], [...(background.offset ?? [0, 0])]];
  for (const [axis, side] of [picture.width, picture.height].entries()) {
    const free = side - laid[axis];
    const wanted = Math.abs(free) >= 1 ? focus[axis] + by[axis] / free : focus[axis];
    const turned = Math.min(1, Math.max(0, wanted));
    const left = Math.abs(free) >= 1 ? (wanted - turned) * free : by[axis];
    focus[axis] = Number(turned.toFixed(4));
    if ((background.fit ?? 'cover') !== 'cover') offset[axis] = Number((offset[axis] + left).toFixed(1));
  }
  return { focus, offset };
}

/** Tells of `change` (detail: what of the background is another). */
export class Placing extends EventTarget {
  /** @type {HTMLVideoElement} */ #video;
  /** @type {HTMLElement} */ #layer;
  /** @type {(id: string) => Size | undefined} */ #sizeOf;
  /** @type {Background} */ #background = { kind: '' };
  /** @type {{x: number, y: number, background: Background} | null} */ #grip = null;

  /** `layer` lies over the video and takes pointers and keys. @param {HTMLVideoElement} video @param {HTMLElement} layer @param {(id: string) => Size | undefined} sizeOf a source's */
  constructor(video, layer, sizeOf) {
    super();
    [this.#video, this.#layer, this.#sizeOf] = [video, layer, sizeOf];
    layer.addEventListener('pointerdown', (event) => this.#grab(event));
    layer.addEventListener('pointermove', (event) => this.#drag(event));
    for (const type of ['pointerup', 'pointercancel']) layer.addEventListener(type, () => { this.#grip = null; });
    layer.addEventListener('keydown', (event) => this.#press(event));
  }

  /** @param {Background} background as it stands */
  show(background) {
    this.#background = background;
    this.#layer.hidden = !this.#source;
  }

  /** The size of what is laid; nothing where that has none. */
  get #source() {
    const { kind, source } = this.#background;
    return (kind === 'image' || kind === 'video') && source ? this.#sizeOf(source) : undefined;
  }

  /** @returns {Size} */
  get #picture() {
    return { width: this.#video.videoWidth || 1, height: this.#video.videoHeight || 1 };
  }

  /** @param {PointerEvent} event */
  #grab(event) {
    if (!event.isPrimary || event.button) return;
    this.#layer.focus();
    this.#layer.setPointerCapture(event.pointerId);
    this.#grip = { x: event.clientX, y: event.clientY, background: this.#background };
  }

  /** @param {PointerEvent} event */
  #drag(event) {
    const [grip, source] = [this.#grip, this.#source];
    if (!grip || !source || grip.background.source !== this.#background.source) return;
    const factor = this.#picture.width / (shownArea(this.#video).width || 1);
    const by = [(event.clientX - grip.x) * factor, (event.clientY - grip.y) * factor];
    this.#tell(moved(grip.background, source, this.#picture, by));
  }

  /** @param {KeyboardEvent} event */
  #press(event) {
    const source = this.#source;
    const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    const zoom = { '+': ZOOM, '=': ZOOM, '-': 1 / ZOOM }[event.key];
    if (!source || !(way || zoom || event.key === 'Home')) return;
    event.preventDefault();
    const { width, height } = this.#picture;
    if (way) this.#tell(moved(this.#background, source, this.#picture, [way[0] * STEP * width, way[1] * STEP * height]));
    else if (zoom) this.#tell({ scale: this.#scaled(zoom) });
    else this.#tell({ focus: null, offset: null, scale: null });
  }

  /** @param {number} by */
  #scaled(by) {
    const [least, most] = SCALES;
    return Number(Math.min(most, Math.max(least, (this.#background.scale ?? 1) * by)).toFixed(4));
  }

  /** @param {{[name: string]: any}} change */
  #tell(change) {
    this.dispatchEvent(new CustomEvent('change', { detail: change }));
  }
}
