/** The backgrounds as thumbnails, a plain colour among them; images and videos are chosen or dropped in. */
import { create } from './knobs.js';
import { known, say } from './words.js';

/** @typedef {import('./assets.js').Asset} Asset */

export const IMAGES = 'image/jpeg,image/png,image/webp,image/avif';
const VIDEOS = 'video/mp4,video/webm,video/quicktime,video/x-matroska,image/gif,.mkv';
/** Octets of a video that is played as soon as it is pointed at. */
const PREVIEWED = 16 * 1024 * 1024;
/** Where another picture lies as every new one does. */
const UNMOVED = { focus: null, offset: null, scale: null };

/** Tells of `failed` (detail: the error). */
export class Backdrops extends EventTarget {
  /** @type {import('./assets.js').Assets} */ #assets;
  /** @type {(background: {[name: string]: any}) => void} */ #choose;
  /** @type {HTMLInputElement} */ #color = create('input', { type: 'color', value: '#2f6f4f' });
  /** @type {any} */ #shown = null;
  /** Uploads on their way. */ #arriving = 0;

  /** @type {string[]} */ #kinds;

  /** `kinds`: of background that need no picture, such as blur. @param {import('./assets.js').Assets} assets @param {string[]} kinds @param {(background: {[name: string]: any}) => void} choose */
  constructor(assets, kinds, choose) {
    super();
    [this.#assets, this.#kinds, this.#choose] = [assets, kinds, choose];
    this.element = create('ul', { className: 'tiles' });
    this.#color.addEventListener('input', () => this.#choose({ kind: 'color', color: this.#color.value.slice(1) }));
    assets.addEventListener('change', () => this.draw());
    this.draw();
  }

  draw() {
    const still = this.#assets.of('background').map((asset) => this.#tile(asset, 'image'));
    const moving = this.#assets.of('video').map((asset) => this.#tile(asset, 'video'));
    const others = this.#kinds.map((kind) => this.#kindTile(kind));
    const arriving = Array.from({ length: this.#arriving }, () => this.#arrivingTile());
    this.element.replaceChildren(...others, ...still, ...moving, ...arriving, this.#colorTile(), this.#addTile());
    this.show(this.#shown);
  }

  /** Mark the one that stands in the effect. @param {any} background */
  show(background) {
    this.#shown = background;
    for (const tile of /** @type {NodeListOf<HTMLElement>} */ (this.element.querySelectorAll('[data-background]'))) {
      const isOn = tile.dataset.background === (background?.source ?? background?.kind);
      tile.classList.toggle('on', isOn);
      tile.querySelector('button')?.setAttribute('aria-pressed', String(isOn));
    }
    if (background?.kind === 'color') this.#color.value = `#${background.color}`;
  }

  /** Put an image or a video on the server and behind the person. @param {File} file */
  async add(file) {
    this.#arriving += 1;
    this.draw();
    await this.#tried(async () => {
      const kind = file.type === 'image/gif' ? 'video' : undefined; // else it would stand still
      const asset = await this.#assets.add(file, { kind, name: file.name });
      this.#choose({ kind: asset.kind === 'video' ? 'video' : 'image', source: asset.id, ...UNMOVED });
    });
    this.#arriving -= 1;
    this.draw();
  }

  /** @param {() => Promise<void>} doing */
  async #tried(doing) {
    try {
      await doing();
    } catch (error) {
      this.dispatchEvent(new CustomEvent('failed', { detail: error }));
    }
  }

  /** @param {Asset} asset @param {'image' | 'video'} kind */
  #tile(asset, kind) {
    const name = asset.name || asset.id.replace(/^builtin:/, '');
    const button = create('button', { type: 'button', title: name });
    button.setAttribute('aria-label', name);
    button.addEventListener('click', () => this.#choose({ kind, source: asset.id, ...UNMOVED }));
    this.#assets.thumbnail(asset).then(
      (src) => button.append(create('img', { src, alt: '', draggable: false })),
      () => button.append(name), // its name will do
    );
    const tile = create('li', { className: 'tile' });
    tile.dataset.background = asset.id;
    tile.append(button);
    if (kind === 'video') this.#preview(asset, tile, button);
    if (!asset.built_in) tile.append(this.#deleteButton(asset));
    return tile;
  }

  /** Play a video in its tile while it is pointed at. @param {Asset} asset @param {HTMLElement} tile @param {HTMLElement} button */
  #preview(asset, tile, button) {
    tile.classList.add('moving');
    button.setAttribute('aria-label', say('videoNamed', { name: button.title }));
    if (asset.octets > PREVIEWED || matchMedia('(prefers-reduced-motion: reduce)').matches) return;
    const video = create('video', { muted: true, loop: true, playsInline: true, autoplay: true });
    const stop = () => video.remove();
    const play = () => this.#tried(async () => {
      if (!video.src) video.src = await this.#assets.picture(asset);
      if (tile.matches(':hover, :focus-within')) button.append(video);
    });
    for (const type of ['pointerenter', 'focusin']) tile.addEventListener(type, play);
    for (const type of ['pointerleave', 'focusout']) tile.addEventListener(type, stop);
  }

  #arrivingTile() {
    const tile = create('li', { className: 'tile arriving', textContent: say('uploading') });
    tile.setAttribute('role', 'status');
    return tile;
  }

  /** @param {Asset} asset */
  #deleteButton(asset) {
    const button = create('button', { type: 'button', className: 'delete', textContent: '×', title: say('deleteBackground') });
    button.setAttribute('aria-label', say('deleteBackground'));
    button.addEventListener('click', () => this.#tried(() => this.#assets.delete(asset)));
    return button;
  }

  /** @param {string} kind */
  #kindTile(kind) {
    const name = known(`kind.background.${kind}`) ?? kind;
    const button = create('button', { type: 'button', textContent: name });
    button.addEventListener('click', () => this.#choose({ kind }));
    const tile = create('li', { className: 'tile' });
    tile.dataset.background = kind;
    tile.append(button);
    return tile;
  }

  #colorTile() {
    this.#color.setAttribute('aria-label', say('plainColor'));
    this.#color.title = say('plainColor');
    const tile = create('li', { className: 'tile' });
    tile.dataset.background = 'color';
    tile.append(this.#color);
    return tile;
  }

  #addTile() {
    const input = create('input', { type: 'file', accept: `${IMAGES},${VIDEOS}`, className: 'unseen' });
    input.setAttribute('aria-label', say('uploadBackground'));
    input.addEventListener('change', () => {
      const [file] = input.files ?? [];
      if (file) void this.add(file);
    });
    const label = create('label', { title: say('uploadHint') });
    label.append(input, create('span', { textContent: '+' }));
    const tile = create('li', { className: 'tile add' });
    tile.append(label);
    return tile;
  }
}

/** Images and videos dropped anywhere on the page. @param {HTMLElement} page @param {(file: File) => void} take */
export function takeDrops(page, take) {
  let depth = 0;
  const mark = (/** @type {number} */ now) => {
    depth = Math.max(0, now);
    page.classList.toggle('dropping', depth > 0);
  };
  const hasFile = (/** @type {DragEvent} */ event) => event.dataTransfer?.types.includes('Files') ?? false;
  page.addEventListener('dragenter', (event) => hasFile(event) && mark(depth + 1));
  page.addEventListener('dragleave', () => mark(depth - 1));
  page.addEventListener('dragover', (event) => hasFile(event) && event.preventDefault());
  page.addEventListener('drop', (event) => {
    mark(0);
    const [file] = event.dataTransfer?.files ?? [];
    if (!file) return;
    event.preventDefault();
    take(file);
  });
}
