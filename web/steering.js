/**
 * The effect as the knobs stand, and as the server has it. Changes are seen at once, sent one after the other (what is
 * turned meanwhile goes in one), and taken back where the server refuses. Without a call they wait for one.
 *
 * @typedef {{[name: string]: any}} Document
 */

/** RFC 7396, and a new `kind` replaces its object whole. @param {any} old @param {any} patch @returns {any} */
export function merged(old, patch) {
  if (!isObject(patch)) return patch;
  const isAnother = !isObject(old) || (patch.kind !== undefined && patch.kind !== old.kind);
  const result = isAnother ? {} : { ...old };
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete result[name];
    else result[name] = merged(result[name], value);
  }
  return result;
}

/** Two patches as one that does what both do in turn. @param {any} first @param {any} second @returns {any} */
export function joined(first, second) {
  if (!isObject(first) || !isObject(second)) return second;
  if (second.kind !== undefined && second.kind !== first.kind) return second;
  const result = { ...first };
  for (const [name, value] of Object.entries(second)) result[name] = name in result ? joined(result[name], value) : value;
  return result;
}

/** @param {any} value */
function isObject(value) {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Tells of `change` (the knobs must follow) and `refused` (detail: the error). */
export class Steering extends EventTarget {
  /** @type {Document} */ #confirmed;
  /** @type {Document | null} */ #pending = null;
  /** @type {import('./call.js').Call | null} */ #call = null;
  #isSending = false;

  /** @param {Document} effect */
  constructor(effect) {
    super();
    this.effect = this.#confirmed = effect;
  }

  /** From now on changes go to this call, whose effect this is. @param {import('./call.js').Call} call @param {Document} effect */
  take(call, effect) {
    this.#call = call;
    this.#pending = null;
    this.#confirm(effect);
  }

  /** The call is over; its effect stays for the next. */
  release() {
    this.#call = null;
    this.#pending = null;
    this.#confirmed = this.effect;
  }

  /** What the server says the effect is now, whoever changed it. @param {Document} effect */
  follow(effect) {
    if (!this.#isSending && !this.#pending) this.#confirm(effect);
  }

  /** @param {Document} patch */
  change(patch) {
    this.effect = merged(this.effect, patch);
    this.#pending = this.#pending ? joined(this.#pending, patch) : patch;
    this.dispatchEvent(new CustomEvent('change'));
    if (this.#call) void this.#send();
    else this.#confirmed = this.effect;
  }

  async #send() {
    if (this.#isSending) return;
    this.#isSending = true;
    while (this.#pending && this.#call) await this.#sendOne(this.#call, this.#pending);
    this.#isSending = false;
  }

  /** @param {import('./call.js').Call} call @param {Document} patch */
  async #sendOne(call, patch) {
    this.#pending = null;
    try {
      const { effect } = await call.update(patch);
      if (call !== this.#call) return;
      this.#confirmed = effect;
      if (!this.#pending) this.#confirm(effect);
    } catch (error) {
      if (call !== this.#call) return;
      if (!this.#pending) this.#confirm(this.#confirmed);
      this.dispatchEvent(new CustomEvent('refused', { detail: error }));
    }
  }

  /** @param {Document} effect */
  #confirm(effect) {
    this.effect = this.#confirmed = effect;
    this.dispatchEvent(new CustomEvent('change'));
  }
}
