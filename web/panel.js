/**
 * The panel of knobs: made from the catalog, turned by its user, following the effect whoever changed it.
 *
 * @typedef {import('./schema.js').Field} Field
 * @typedef {import('./schema.js').Schema} Schema
 * @typedef {import('./knobs.js').Knob} Knob
 * @typedef {{[name: string]: any}} Patch
 */
import { Backdrops } from './backdrops.js';
import { chromaPatch, isShown } from './together.js';
import { create, knob } from './knobs.js';
import { assetPicker, modelPicker, wordsPicker } from './pickers.js';
import { fields, fieldsOf, kinds, plainFields } from './schema.js';
import { known, say } from './words.js';

/** The parts of an effect that come in one kind only. */
const LASTING = ['edge', 'geometry', 'effect'];

/** Tells of `change` (detail: a merge patch), `failed` (detail: the error), `measure` and `plate` (the buttons). */
export class Panel extends EventTarget {
  /** @type {Schema} */ #schema;
  /** @type {string[]} the kinds of matting that the server has what it takes for */ #mattings;
  /** @type {import('./assets.js').Assets} */ #assets;
  /** @type {import('./models.js').Models} */ #models;
  /** @type {HTMLElement} */ #element;
  /** @type {[string, Field, Knob][]} what follows the effect */ #knobs = [];
  /** @type {Backdrops} */ #backdrops;
  /** @type {HTMLElement} */ #matting = create('div', { className: 'knobs' });
  /** @type {HTMLElement} */ #background = create('div', { className: 'knobs' });
  #note = create('p', { className: 'hint', hidden: true });
  /** @type {any} */ #effect;
  /** The kinds of matting and of background, and the model, that there are knobs for. */ #built = '';

  /**
   * @param {HTMLElement} element @param {{effect: Schema, mattings: string[]}} catalog @param {any} effect
   * @param {{assets: import('./assets.js').Assets, models: import('./models.js').Models}} has what effects name
   */
  constructor(element, catalog, effect, { assets, models }) {
    super();
    [this.#element, this.#schema, this.#mattings, this.#effect] = [element, catalog.effect, catalog.mattings, effect];
    [this.#assets, this.#models] = [assets, models];
    this.#backdrops = new Backdrops(assets, withoutPicture(this.#schema), (background) => this.#tell({ background }));
    this.#backdrops.addEventListener('failed', (event) => this.#pass(event));
    this.#note.setAttribute('role', 'status');
    for (const list of [assets, models]) list.addEventListener('change', () => this.draw());
    this.draw();
  }

  /** An image or a video dropped on the page. @param {File} file */
  drop(file) {
    return this.#backdrops.add(file);
  }

  /** All of it anew: another language, other images. */
  draw() {
    this.#knobs = [];
    this.#built = '';
    this.#backdrops.draw();
    const edge = this.#group('edge', fieldsOf(this.#schema, 'edge'));
    const geometry = this.#schema.properties.geometry ? this.#group('geometry', fieldsOf(this.#schema, 'geometry')) : null;
    const more = this.#group('effect', plainFields(this.#schema));
    this.#element.replaceChildren(
      this.#section('matting', [this.#kindSwitch(), this.#note, this.#matting], true),
      this.#section('background', [this.#backdrops.element, this.#background], true),
      this.#section('edge', [edge], true),
      ...(geometry ? [this.#section('geometry', [geometry], false)] : []),
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
      made.element.hidden = !isShown(effect.matting, part, field.name);
    }
    this.#backdrops.show(effect.background);
  }

  /** What the matting of the call found out: a sentence of the server's; none without a call. @param {string} sentence */
  tell(sentence) {
    this.#note.textContent = sentence;
    this.#note.hidden = !sentence;
  }

  /** What the server measures the screen to be. @param {string | null} color rrggbb */
  showMeasured(color) {
    const input = this.#colorInput();
    if (input && color && this.#effect.matting.color === 'auto') input.value = `#${color}`;
  }

  /** @returns {HTMLInputElement | null} the key colour's field; while it is automatic it shows what is measured */
  #colorInput() {
    return this.#matting.querySelector('[data-knob$=".color"] input[type="color"]');
  }

  /** @param {'matting' | 'background' | 'edge' | 'geometry' | 'more'} name @param {HTMLElement[]} content @param {boolean} open */
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
    for (const kind of this.#mattings) {
      const radio = create('input', { type: 'radio', name: 'matting-kind', value: kind, className: 'unseen' });
      const model = this.#modelFor(kind);
      radio.disabled = model === null;
      radio.addEventListener('change', () => this.#tell({ matting: { kind, ...model } }));
      const label = create('label', { title: radio.disabled ? say('noModels') : '' });
      label.append(radio, create('span', { textContent: known(`kind.matting.${kind}`) ?? kind }));
      group.append(label);
    }
    return group;
  }

  /** What names a model in a matting that cannot be without; null where there is none to name. @param {string} kind */
  #modelFor(kind) {
    if (!kinds(this.#schema, 'matting').get(kind)?.required?.includes('model')) return {};
    const usable = this.#models.of(kind).find(({ problem }) => !problem);
    return usable ? { model: usable.name } : null;
  }

  /** The knobs of the matting and of the background in use; made anew when those are others. */
  #build() {
    const { matting, background } = this.#effect;
    const built = `${matting.kind} ${matting.model ?? ''} ${background.kind}`;
    if (this.#built === built) return;
    if (this.#built.split(' ')[0] !== matting.kind) this.tell('');
    this.#built = built;
    this.#knobs = this.#knobs.filter(([part]) => LASTING.includes(part));
    const model = kinds(this.#schema, 'matting').get(matting.kind);
    this.#fill(this.#matting, matting.kind, model);
    this.#fill(this.#background, 'background', kinds(this.#schema, 'background').get(background.kind));
    if (matting.kind === 'chroma') this.#matting.append(this.#chromaActions());
    if (model?.properties.plate) this.#matting.append(this.#action('capturePlate', 'plate'));
  }

  /** @param {HTMLElement} element @param {string} part @param {Schema | undefined} model */
  #fill(element, part, model) {
    const all = model ? fields(this.#schema, model) : [];
    const hasTile = (/** @type {Field} */ { type, name }) => type === 'asset' || (type === 'color' && this.#effect.background.kind === 'color' && name === 'color');
    const turned = all.filter((field) => part !== 'background' || !hasTile(field));
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
      const made = this.#picker(part, field, choose) ?? knob(part, field, choose);
      if (!made) continue;
      this.#knobs.push([part, field, made]);
      group.append(made.element);
    }
    return group;
  }

  /** @param {string} part @param {Field} field @param {any} value @returns {Patch} */
  #patch(part, field, value) {
    if (part === 'effect') return { [field.name]: value };
    if (part === 'background' || LASTING.includes(part)) return { [part]: { [field.name]: value } };
    const typed = this.#colorInput()?.value.slice(1) ?? '';
    if (field.type === 'model') return { matting: { [field.name]: value, model_spec: null, category: null, chair: null } };
    if (part === 'chroma') return { matting: chromaPatch(this.#effect.matting, field.name, value, typed) };
    return { matting: { [field.name]: value } };
  }

  /** What takes more than a field to know. @param {string} part @param {Field} field @param {(value: any) => void} choose @returns {Knob | null} */
  #picker(part, field, choose) {
    const fail = (/** @type {unknown} */ error) => this.dispatchEvent(new CustomEvent('failed', { detail: error }));
    if (field.type === 'asset') return assetPicker(part, field, choose, this.#assets, fail);
    if (field.type === 'model') return modelPicker(part, field, choose, this.#models.of(part));
    if (field.type === 'list') return wordsPicker(part, field, choose, this.#models.get(this.#effect.matting.model)?.categories ?? []);
    return null;
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

/** The kinds of background that show nothing of their own: a tile with their name will do. @param {Schema} schema */
function withoutPicture(schema) {
  return [...kinds(schema, 'background')].filter(([kind, { properties }]) => kind !== 'color' && !properties.source).map(([kind]) => kind);
}
