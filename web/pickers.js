/**
 * Knobs whose values the server has and the schema does not: images, models, what a model tells apart.
 *
 * @typedef {import('./schema.js').Field} Field
 * @typedef {import('./knobs.js').Knob} Knob
 * @typedef {import('./knobs.js').Choose} Choose
 * @typedef {import('./models.js').Model} Model
 */
import { IMAGES } from './backdrops.js';
import { create, title } from './knobs.js';
import { known, say } from './words.js';

/** Which assets a field names, by its name. */
const KINDS = { plate: 'plate', garbage: 'mask', holdout: 'mask' };
/** What stands in a plate's field besides an image's id. */
const PLATES = ['learn', 'first:30'];

/**
 * An image of the server's, or one that is uploaded for it.
 * @param {string} part @param {Field} field @param {Choose} choose
 * @param {import('./assets.js').Assets} assets @param {(error: unknown) => void} fail @returns {Knob}
 */
export function assetPicker(part, field, choose, assets, fail) {
  const kind = KINDS[/** @type {keyof typeof KINDS} */ (field.name)] ?? 'background';
  const words = kind === 'plate' ? PLATES.map((word) => [word, known(`value.${word}`) ?? word]) : [['', say('nothing')]];
  const images = assets.of(kind).map((asset) => [asset.id, asset.name || asset.id.slice(0, 12)]);
  const { element, select, show, shown } = selection(part, field, [...words, ...images, ['+', say('uploadMask')]]);
  const file = create('input', { type: 'file', accept: IMAGES, hidden: true });
  file.addEventListener('change', async () => {
    const [image] = file.files ?? [];
    if (!image) return;
    try {
      choose((await assets.add(image, { kind, name: image.name })).id);
    } catch (error) {
      fail(error);
    }
  });
  select.addEventListener('change', () => {
    if (select.value !== '+') return choose(select.value || null);
    select.value = shown();
    file.click();
  });
  element.append(file);
  return { element, show };
}

/** A model of the server's, with what is known of it. @param {string} part @param {Field} field @param {Choose} choose @param {Model[]} models @returns {Knob} */
export function modelPicker(part, field, choose, models) {
  const none = field.optional ? [['', say('embeddedModel')]] : [];
  const { element, select, show } = selection(part, field, [...none, ...models.map(({ name }) => [name, name])]);
  for (const { name, problem } of models) {
    const option = [...select.options].find(({ value }) => value === name);
    if (option && problem) option.disabled = true;
  }
  select.addEventListener('change', () => choose(select.value || null));
  const about = create('p', { className: 'hint' });
  element.append(about);
  element.classList.add('knob-tall');
  return {
    element,
    show: (value) => {
      show(value);
      const model = models.find(({ name }) => name === value);
      about.textContent = model ? [model.title, model.licence, model.problem].filter(Boolean).join(' · ') : '';
      about.hidden = !about.textContent;
    },
  };
}

/** Several words: those there are to tick, or typed with commas where nobody knows them. @param {string} part @param {Field} field @param {Choose} choose @param {string[]} words @returns {Knob} */
export function wordsPicker(part, field, choose, words) {
  const label = create('span', { className: 'knob-name', textContent: title(part, field.name) });
  label.id = `knob-${part}-${field.name}`;
  const element = create('div', { className: 'knob knob-tall', title: field.description });
  element.dataset.knob = `${part}.${field.name}`;
  element.setAttribute('role', 'group');
  element.setAttribute('aria-labelledby', label.id);
  element.append(label);
  return { element, show: words.length ? ticked(element, words, choose) : typed(element, label.id, choose) };
}

/** @param {HTMLElement} element @param {string[]} words @param {Choose} choose @returns {Knob['show']} */
function ticked(element, words, choose) {
  const row = create('div', { className: 'chips' });
  const boxes = words.map((word) => {
    const input = create('input', { type: 'checkbox', value: word });
    input.addEventListener('change', () => choose(boxes.filter(({ checked }) => checked).map(({ value }) => value)));
    const chip = create('label', { className: 'chip' });
    chip.append(input, word);
    row.append(chip);
    return input;
  });
  element.append(row);
  return (value) => {
    for (const [number, box] of boxes.entries()) box.checked = (value ?? []).some((/** @type {string} */ one) => one === box.value || one === String(number));
  };
}

/** @param {HTMLElement} element @param {string} label @param {Choose} choose @returns {Knob['show']} */
function typed(element, label, choose) {
  const input = create('input', { type: 'text', placeholder: say('standard'), autocomplete: 'off', spellcheck: false });
  input.setAttribute('aria-labelledby', label);
  input.addEventListener('change', () => choose(input.value.split(',').map((word) => word.trim()).filter(Boolean)));
  element.append(input);
  return (value) => {
    if (document.activeElement !== input) input.value = (value ?? []).join(', ');
  };
}

/** A choice with its name before it, that also shows what it does not offer. @param {string} part @param {Field} field @param {string[][]} options value and words */
function selection(part, field, options) {
  const select = create('select', {});
  for (const [value, textContent] of options) select.append(create('option', { value, textContent }));
  const label = create('span', { className: 'knob-name', textContent: title(part, field.name) });
  label.id = `knob-${part}-${field.name}`;
  select.setAttribute('aria-labelledby', label.id);
  const element = create('div', { className: 'knob knob-row', title: field.description });
  element.dataset.knob = `${part}.${field.name}`;
  element.append(label, select);
  let shown = '';
  const show = (/** @type {any} */ value) => {
    shown = value ?? field.fallback ?? '';
    if (![...select.options].some((option) => option.value === shown)) select.prepend(create('option', { value: shown, textContent: shown }));
    select.value = shown;
  };
  return { element, select, show, shown: () => shown };
}
