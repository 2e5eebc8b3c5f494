/**
 * The key colour taken from the picture: by a click, or with a cross that the arrow keys move.
 */

/** Pixels around the place, to either side, whose mean is taken: grain is no colour. */
const REACH = 4;
/** Of the picture's side that a key press moves the cross. */
const STEP = 0.02;

export class Eyedropper {
  /** @type {HTMLVideoElement} */ #video;
  /** @type {HTMLElement} */ #cross;
  /** @type {(color: string) => void} */ #take;
  #place = { x: 0.1, y: 0.15 };

  /** `layer` lies over the video and takes clicks and keys; `take` is handed rrggbb. @param {HTMLVideoElement} video @param {HTMLElement} layer @param {(color: string) => void} take */
  constructor(video, layer, take) {
    [this.#video, this.#take] = [video, take];
    this.#cross = layer.appendChild(document.createElement('span'));
    this.#cross.className = 'cross';
    layer.addEventListener('click', (event) => this.#click(event));
    layer.addEventListener('keydown', (event) => this.#press(event));
    layer.addEventListener('focus', () => this.#show());
  }

  /** @param {MouseEvent} event */
  #click(event) {
    if (event.detail === 0) return; // made by a key, which #press has seen
    const { left, top, width, height } = shownArea(this.#video);
    this.#place = { x: clamped((event.clientX - left) / width), y: clamped((event.clientY - top) / height) };
    this.#show();
    this.#pick();
  }

  /** @param {KeyboardEvent} event */
  #press(event) {
    const [x, y] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key] ?? [0, 0];
    if (x || y) this.#place = { x: clamped(this.#place.x + x * STEP), y: clamped(this.#place.y + y * STEP) };
    else if (event.key === 'Enter' || event.key === ' ') this.#pick();
    else return;
    event.preventDefault();
    this.#show();
  }

  #show() {
    const box = shownArea(this.#video);
    const outer = this.#video.getBoundingClientRect();
    this.#cross.style.left = `${box.left - outer.left + this.#place.x * box.width}px`;
    this.#cross.style.top = `${box.top - outer.top + this.#place.y * box.height}px`;
  }

  #pick() {
    const { videoWidth, videoHeight } = this.#video;
    if (!videoWidth) return;
    const side = 2 * REACH + 1;
    const canvas = new OffscreenCanvas(side, side);
    const context = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext('2d', { willReadFrequently: true }));
    const [x, y] = [this.#place.x * videoWidth - REACH, this.#place.y * videoHeight - REACH];
    context.drawImage(this.#video, x, y, side, side, 0, 0, side, side);
    this.#take(meanColor(context.getImageData(0, 0, side, side).data));
  }
}

/** @param {Uint8ClampedArray} pixels @returns {string} rrggbb */
function meanColor(pixels) {
  const sums = [0, 0, 0];
  for (let at = 0; at < pixels.length; at += 4) sums.forEach((_, part) => { sums[part] += pixels[at + part]; });
  return sums.map((sum) => Math.round((4 * sum) / pixels.length).toString(16).padStart(2, '0')).join('');
}

/** Where the picture lies within the element that contains it. @param {HTMLVideoElement} video */
export function shownArea(video) {
  const box = video.getBoundingClientRect();
  const scale = Math.min(box.width / (video.videoWidth || 1), box.height / (video.videoHeight || 1));
  const [width, height] = [video.videoWidth * scale, video.videoHeight * scale];
  return { left: box.left + (box.width - width) / 2, top: box.top + (box.height - height) / 2, width, height };
}

/** @param {number} share */
function clamped(share) {
  return Math.min(1, Math.max(0, share));
}
