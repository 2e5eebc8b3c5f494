/**
 * Knobs for the fields of a schema. Each shows a value, can be told another, and reports what its user chose.
 *
 * @typedef {import('./schema.js').Field} Field
 * @typedef {object} Knob
 * @property {HTMLElement} element
 * @property {(value: any) => void} show what stands in the effect; undefined where nothing does
 *
 * @typedef {(value: any) => void} Choose null: back to its default
 */
import { known, say } from './words.js';

/** Steps of a slider; no hand is finer. */
const STEPS = 200;
/** The most to the least of what a slider has: from here on it goes by factors. */
const FACTORS = 100;
/** What a colour field shows before there is a colour: a chroma screen's green. */
const SCREEN = '#00b140';

/**
 * A knob for a field; null where one is made by hand elsewhere.
 * @param {string} part its place in the effect, such as `edge` @param {Field} field @param {Choose} choose @returns {Knob | null}
 */
export function knob(part, field, choose) {
  const make = { choice, switch: toggle, number: slider, pair, point, color, text, asset: byHand, model: byHand, list: byHand }[field.type];
  const made = make(field, choose);
  if (!made) return null;
  const name = title(part, field.name);
  if (field.type !== 'switch') {
    const label = create('span', { className: 'knob-name', textContent: name });
    label.id = `knob-${part}-${field.name}`;
    made.element.prepend(label);
    for (const input of made.element.querySelectorAll('input, select')) {
      if (!input.hasAttribute('aria-label')) input.setAttribute('aria-labelledby', label.id);
    }
  } else {
    made.element.append(create('span', { className: 'knob-name', textContent: name }));
  }
  made.element.classList.add('knob');
  made.element.dataset.knob = `${part}.${field.name}`;
  made.element.title = field.description;
  return made;
}

/** What other files make, for it takes more than a field to know. */
function byHand() {
  return null;
}

/** What a knob is called; what no language knows, by its own name. @param {string} part @param {string} name */
export function title(part, name) {
  return known(`${part}.${name}`) ?? name.replaceAll('_', ' ');
}

/** What a choice's value is called: the same word may mean another thing elsewhere. @param {Field} field @param {string | number} value */
export function valueName(field, value) {
  return known(`${field.name}.value.${value}`) ?? known(`value.${value}`) ?? String(value);
}

/** @param {Field} field @param {Choose} choose @returns {Knob} */
function choice(field, choose) {
  const select = create('select', {});
  if (field.optional) select.append(create('option', { value: '', textContent: say('standard') }));
  for (const value of field.values) select.append(create('option', { value: String(value), textContent: valueName(field, value) }));
  select.addEventListener('change', () => choose(field.values.find((value) => String(value) === select.value) ?? null));
  const element = create('div', { className: 'knob-row' });
  element.append(select);
  return { element, show: (value) => { select.value = String(value ?? field.fallback ?? ''); } };
}

/** @param {Field} field @param {Choose} choose @returns {Knob} */
function toggle(field, choose) {
  const input = create('input', { type: 'checkbox' });
  input.addEventListener('change', () => choose(input.checked));
  const element = create('label', { className: 'knob-switch' });
  element.append(input);
  return { element, show: (value) => { input.checked = Boolean(value ?? field.fallback); } };
}

/** @param {Field} field @param {Choose} choose @returns {Knob} */
function slider(field, choose) {
  const input = range(field);
  const output = create('output', {});
  const back = backButton(field, choose);
  const scale = scaleOf(field);
  const write = () => { output.textContent = figure(scale.value(input), field.unit); };
  input.addEventListener('input', () => { write(); choose(scale.value(input)); });
  const element = create('div', {});
  element.append(output, back, input);
  const show = (/** @type {any} */ value) => {
    const is = value ?? field.fallback;
    back.hidden = value === undefined || value === field.fallback;
    if (document.activeElement !== input || is !== scale.value(input)) input.value = scale.place(is ?? field.maximum);
    output.textContent = is === null ? say('measured') : figure(is, field.unit);
  };
  return { element, show };
}

/** Where a value stands on its slider: what ranges from hundredths to tens does so by factors, not by sums. @param {Field} field */
function scaleOf({ minimum, maximum }) {
  if (minimum <= 0 || maximum / minimum < FACTORS) {
    return { value: (/** @type {HTMLInputElement} */ input) => Number(input.value), place: String };
  }
  const [low, span] = [Math.log(minimum), Math.log(maximum / minimum)];
  return {
    value: (/** @type {HTMLInputElement} */ input) => Number(Math.exp(low + (span * (Number(input.value) - minimum)) / (maximum - minimum)).toPrecision(3)),
    place: (/** @type {number} */ value) => String(minimum + ((maximum - minimum) * (Math.log(value) - low)) / span),
  };
}

/** Across and down: sliders of a share, figures of pixels. @param {Field} field @param {Choose} choose @returns {Knob} */
function point(field, choose) {
  const isShare = field.maximum - field.minimum <= 1;
  const inputs = ['across', 'down'].map((way) => {
    const input = isShare ? range(field) : create('input', { type: 'number', min: String(field.minimum), max: String(field.maximum), step: 'any' });
    input.setAttribute('aria-label', `${title('background', field.name)}, ${say(/** @type {'across' | 'down'} */ (way))}`);
    input.addEventListener('input', () => {
      if (inputs.every((one) => one.value !== '' && one.checkValidity())) choose(inputs.map((one) => Number(one.value)));
    });
    return input;
  });
  const output = create('output', {});
  const back = backButton(field, choose);
  const element = create('div', {});
  if (isShare) element.append(output, back, ...inputs);
  else element.append(output, back, create('span', { className: 'knob-pair' }));
  element.querySelector('.knob-pair')?.append(...inputs);
  const show = (/** @type {number[] | undefined} */ value) => {
    const is = value ?? field.fallback ?? [0, 0];
    back.hidden = value === undefined || String(value) === String(field.fallback);
    for (const [axis, input] of inputs.entries()) {
      if (document.activeElement !== input || Number(input.value) !== is[axis]) input.value = String(is[axis]);
    }
    output.textContent = isShare ? is.map((/** @type {number} */ one) => figure(one, '')).join(', ') : field.unit;
  };
  return { element, show };
}

/** A line of text of a given form. @param {Field} field @param {Choose} choose @returns {Knob | null} */
function text(field, choose) {
  if (!field.pattern) return null; // it takes more than a field to know
  const input = create('input', { type: 'text', pattern: field.pattern, placeholder: say('standard'), autocomplete: 'off', spellcheck: false });
  input.addEventListener('change', () => input.reportValidity() && choose(input.value.trim() || null));
  const element = create('div', { className: 'knob-row' });
  element.append(input);
  const show = (/** @type {string | undefined} */ value) => {
    if (document.activeElement !== input) input.value = value ?? field.fallback ?? '';
  };
  return { element, show };
}

/** Two sliders, the lower never above the upper. @param {Field} field @param {Choose} choose @returns {Knob} */
function pair(field, choose) {
  const [low, high] = [range(field), range(field)];
  low.setAttribute('aria-label', `${field.name} ${say('low')}`);
  high.setAttribute('aria-label', `${field.name} ${say('high')}`);
  const output = create('output', {});
  const back = backButton(field, choose);
  const step = Number(low.step);
  const write = () => { output.textContent = `${figure(Number(low.value), '')} – ${figure(Number(high.value), field.unit)}`; };
  const turn = (/** @type {HTMLInputElement} */ turned) => {
    if (turned === low) low.value = String(Math.min(Number(low.value), Number(high.value) - step));
    else high.value = String(Math.max(Number(high.value), Number(low.value) + step));
    write();
    choose([Number(low.value), Number(high.value)]);
  };
  for (const one of [low, high]) one.addEventListener('input', () => turn(one));
  const element = create('div', {});
  element.append(output, back, low, high);
  const show = (/** @type {any} */ value) => {
    const is = value ?? field.fallback;
    back.hidden = value === undefined || value === field.fallback;
    [low.value, high.value] = (is ?? [field.minimum, field.maximum]).map(String);
    if (is) write();
    else output.textContent = say('nothing');
  };
  return { element, show };
}

/** A colour, measured or typed. @param {Field} field @param {Choose} choose @returns {Knob} */
function color(field, choose) {
  const input = create('input', { type: 'color', value: SCREEN });
  const output = create('output', {});
  const automatic = create('input', { type: 'checkbox' });
  input.addEventListener('input', () => choose(input.value.slice(1)));
  automatic.addEventListener('change', () => choose(automatic.checked ? 'auto' : input.value.slice(1)));
  const label = create('label', { className: 'chip' });
  label.append(automatic, say('automatic'));
  label.hidden = !field.automatic;
  const element = create('div', { className: 'knob-row' });
  element.append(label, output, input);
  const show = (/** @type {any} */ value) => {
    const is = value ?? field.fallback;
    automatic.checked = is === 'auto';
    if (is && is !== 'auto') input.value = `#${is}`;
    output.textContent = is === 'auto' ? '' : is;
  };
  automatic.setAttribute('aria-label', `${field.name} ${say('automatic')}`);
  return { element, show };
}

/** @param {Field} field */
function range(field) {
  const span = field.maximum - field.minimum;
  const step = span <= 1 ? 0.005 : span / STEPS;
  return create('input', { type: 'range', min: String(field.minimum), max: String(field.maximum), step: String(step) });
}

/** @param {Field} _ @param {Choose} choose */
function backButton(_, choose) {
  const button = create('button', { type: 'button', className: 'back', textContent: '↺', title: say('reset') });
  button.setAttribute('aria-label', say('reset'));
  button.addEventListener('click', () => choose(null));
  return button;
}

/** @param {number} value @param {string} unit */
function figure(value, unit) {
  const digits = Math.abs(value) < 0.01 && value ? 5 : 2;
  return `${Number(value.toFixed(digits))}${unit ? ` ${unit}` : ''}`;
}

/**
 * An element with properties.
 * @template {keyof HTMLElementTagNameMap} Name
 * @param {Name} name @param {Partial<HTMLElementTagNameMap[Name]>} properties @returns {HTMLElementTagNameMap[Name]}
 */
export function create(name, properties) {
  return Object.assign(document.createElement(name), properties);
}
