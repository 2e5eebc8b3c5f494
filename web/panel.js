/**
 * The panel of knobs: made from the catalog, turned by its user, following the effect whoever changed it.
 *
 * @typedef {import('./schema.js').Field} Field
 * @typedef {import('./schema.js').Schema} Schema
 * @typedef {import('./knobs.js').Knob} Knob
 * @typedef {{[name: string]: any}} Patch
 */
import { IMAGES, Backdrops } from './backdrops.js';
import { chromaPatch, isShown } from './chroma.js';
import { create, knob, title } from './knobs.js';
import { fields, fieldsOf, kinds, plainFields } from './schema.js';
import { known, say } from './words.js';

/** Which assets a field names, by its name. */
const KINDS = { plate: 'plate', garbage: 'mask', holdout: 'mask' };
/** What stands in a plate's field besides an image's id. */
const PLATES = ['learn', 'first:30'];

/** Tells of `change` (detail: a merge patch), `failed` (detail: the error), `measure` and `plate` (the buttons). */
export class Panel extends EventTarget {
  /** @type {Schema} */ #schema;
  /** @type {import('./assets.js').Assets} */ #assets;
  /** @type {HTMLElement} */ #element;
  /** @type {[string, Field, Knob][]} what follows the effect */ #knobs = [];
  /** @type {Backdrops} */ #backdrops;
  /** @type {HTMLElement} */ #matting = create('div', { className: 'knobs' });
  /** @type {HTMLElement} */ #background = create('div', { className: 'knobs' });
  /** @type {any} */ #effect;
  /** The kinds of matting and of background that there are knobs for. */ #built = '';

  /** @param {HTMLElement} element @param {Schema} schema @param {import('./assets.js').Assets} assets @param {any} effect */
  constructor(element, schema, assets, effect) {
    super();
    [this.#element, this.#schema, this.#assets, this.#effect] = [element, schema, assets, effect];
    this.#backdrops = new Backdrops(assets, withoutPicture(schema), (background) => this.#tell({ background }));
    this.#backdrops.addEventListener('failed', (event) => this.#pass(event));
    assets.addEventListener('change', () => this.draw());
    this.draw();
  }

  /** An image dropped on the page. @param {File} file */
  drop(file) {
    return this.#backdrops.add(file);
  }

  /** All of it anew: another language, other images. */
  draw() {
    this.#knobs = [];
    this.#built = '';
    this.#backdrops.draw();
    const edge = this.#group('edge', fieldsOf(this.#schema, 'edge'));
    const more = this.#group('effect', plainFields(this.#schema));
    this.#element.replaceChildren(
      this.#section('matting', [this.#kindSwitch(), this.#matting], true),
      this.#section('background', [this.#backdrops.element, this.#background], true),
      this.#section('edge', [edge], true),
      this.#section('more', [more], false),
    );
    this.show(this.#effect);
  }

  /** @param {any} effect as it stands */
  show(effect) {
    this.#effect = effect;
    this.#build();
    for (const input of this.#element.querySelectorAll('input[name="matting-kind"]')) {
      const radio = /** @type {HTMLInputElement} */ (input);
      radio.checked = radio.value === effect.matting.kind;
    }
    for (const [part, field, made] of this.#knobs) {
      const object = part === 'effect' ? effect : effect[part] ?? effect.matting;
      made.show(object[field.name]);
      made.element.hidden = part === 'chroma' && !isShown(effect.matting, field.name);
    }
    this.#backdrops.show(effect.background);
  }

  /** What the server measures the screen to be. @param {string | null} color rrggbb */
  showMeasured(color) {
    const input = this.#colorInput();
    if (input && color && this.#effect.matting.color === 'auto') input.value = `#${color}`;
  }

  /** @returns {HTMLInputElement | null} the key colour's field; while it is automatic it shows what is measured */
  #colorInput() {
    return this.#matting.querySelector('[data-knob="chroma.color"] input[type="color"]');
  }

  /** @param {'matting' | 'background' | 'edge' | 'more'} name @param {HTMLElement[]} content @param {boolean} open */
  #section(name, content, open) {
    const before = /** @type {HTMLDetailsElement | null} */ (this.#element.querySelector(`details[data-section="${name}"]`));
    const details = create('details', { open: before?.open ?? open });
    details.dataset.section = name;
    details.append(create('summary', { textContent: say(name) }), ...content);
    return details;
  }

  #kindSwitch() {
    const group = create('div', { className: 'segments' });
    group.setAttribute('role', 'radiogroup');
    group.setAttribute('aria-label', say('matting'));
    for (const kind of kinds(this.#schema, 'matting').keys()) {
      const radio = create('input', { type: 'radio', name: 'matting-kind', value: kind, className: 'unseen' });
      radio.addEventListener('change', () => this.#tell({ matting: { kind } }));
      const label = create('label', {});
      label.append(radio, create('span', { textContent: known(`kind.matting.${kind}`) ?? kind }));
      group.append(label);
    }
    return group;
  }

  /** The knobs of the matting and of the background in use; made anew when those are others. */
  #build() {
    const { matting, background } = this.#effect;
    if (this.#built === `${matting.kind} ${background.kind}`) return;
    this.#built = `${matting.kind} ${background.kind}`;
    this.#knobs = this.#knobs.filter(([part]) => part === 'edge' || part === 'effect');
    this.#fill(this.#matting, matting.kind, kinds(this.#schema, 'matting').get(matting.kind));
    this.#fill(this.#background, 'background', kinds(this.#schema, 'background').get(background.kind));
    if (matting.kind === 'chroma') this.#matting.append(this.#chromaActions());
    if (matting.kind === 'plate') this.#matting.append(this.#action('capturePlate', 'plate'));
  }

  /** @param {HTMLElement} element @param {string} part @param {Schema | undefined} model */
  #fill(element, part, model) {
    const all = model ? fields(this.#schema, model) : [];
    const turned = all.filter(({ type }) => part !== 'background' || (type !== 'asset' && type !== 'color'));
    element.replaceChildren(...this.#group(part, turned).childNodes);
  }

  #chromaActions() {
    const row = create('div', { className: 'actions' });
    row.append(create('p', { className: 'hint', textContent: say('pick') }), this.#action('measureColor', 'measure'));
    return row;
  }

  /** @param {'capturePlate' | 'measureColor'} word @param {string} type */
  #action(word, type) {
    const button = create('button', { type: 'button', textContent: say(word) });
    button.addEventListener('click', () => this.dispatchEvent(new CustomEvent(type)));
    return button;
  }

  /** @param {string} part @param {Field[]} all */
  #group(part, all) {
    const group = create('div', { className: 'knobs' });
    for (const field of all) {
      const choose = (/** @type {any} */ value) => this.#tell(this.#patch(part, field, value));
      const made = field.type === 'asset' ? this.#assetKnob(part, field, choose) : knob(part, field, choose);
      if (!made) continue;
      this.#knobs.push([part, field, made]);
      group.append(made.element);
    }
    return group;
  }

  /** @param {string} part @param {Field} field @param {any} value @returns {Patch} */
  #patch(part, field, value) {
    if (part === 'effect') return { [field.name]: value };
    if (part === 'edge' || part === 'background') return { [part]: { [field.name]: value } };
    const typed = this.#colorInput()?.value.slice(1) ?? '';
    if (part === 'chroma') return { matting: chromaPatch(this.#effect.matting, field.name, value, typed) };
    return { matting: { [field.name]: value } };
  }

  /** An image of the server's, or one that is uploaded for it. @param {string} part @param {Field} field @param {(value: any) => void} choose @returns {Knob} */
  #assetKnob(part, field, choose) {
    const kind = KINDS[/** @type {keyof typeof KINDS} */ (field.name)] ?? 'background';
    const select = create('select', {});
    const words = kind === 'plate' ? PLATES.map((word) => [word, known(`value.${word}`) ?? word]) : [['', say('nothing')]];
    const images = this.#assets.of(kind).map((asset) => [asset.id, asset.name || asset.id.slice(0, 12)]);
    for (const [value, textContent] of [...words, ...images, ['+', say('uploadMask')]]) select.append(create('option', { value, textContent }));
    const file = create('input', { type: 'file', accept: IMAGES, hidden: true });
    file.addEventListener('change', () => this.#upload(file, kind, choose));
    let shown = '';
    select.addEventListener('change', () => {
      if (select.value !== '+') return choose(select.value || null);
      select.value = shown;
      file.click();
    });
    const label = create('span', { className: 'knob-name', textContent: title(part, field.name) });
    label.id = `knob-${part}-${field.name}`;
    select.setAttribute('aria-labelledby', label.id);
    const element = create('div', { className: 'knob knob-row', title: field.description });
    element.dataset.knob = `${part}.${field.name}`;
    element.append(label, select, file);
    const show = (/** @type {any} */ value) => {
      shown = value ?? field.fallback ?? '';
      if (![...select.options].some((option) => option.value === shown)) select.prepend(create('option', { value: shown, textContent: shown }));
      select.value = shown;
    };
    return { element, show };
  }

  /** @param {HTMLInputElement} input @param {string} kind @param {(value: any) => void} choose */
  async #upload(input, kind, choose) {
    const [file] = input.files ?? [];
    if (!file) return;
    try {
      choose((await this.#assets.add(file, { kind, name: file.name })).id);
    } catch (error) {
      this.dispatchEvent(new CustomEvent('failed', { detail: error }));
    }
  }

  /** @param {Patch} patch */
  #tell(patch) {
    this.dispatchEvent(new CustomEvent('change', { detail: patch }));
  }

  /** @param {Event} event */
  #pass(event) {
    this.dispatchEvent(new CustomEvent(event.type, { detail: /** @type {CustomEvent} */ (event).detail }));
  }
}

/** The kinds of background that are no image and no colour of their own: a tile with their name will do. @param {Schema} schema */
function withoutPicture(schema) {
  return [...kinds(schema, 'background').keys()].filter((kind) => kind !== 'image' && kind !== 'color');
}
