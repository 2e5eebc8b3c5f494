/**
 * The models that effects may name, as the server has them.
 *
 * @typedef {object} Model
 * @property {string} name
 * @property {'onnx' | 'tflite' | 'task'} format
 * @property {string} title what it is
 * @property {string} [licence]
 * @property {string[]} categories
 * @property {string} [problem] why it cannot be used
 */

/** Which formats a kind of matting takes. @type {{[kind: string]: Model['format'][]}} */
const FORMATS = { model: ['onnx', 'tflite'], mediapipe: ['tflite', 'task'] };

/** Tells of `change` when they are known. */
export class Models extends EventTarget {
  /** @type {import('./api.js').Server} */ #server;
  /** @type {Model[]} */ #all = [];

  /** @param {import('./api.js').Server} server */
  constructor(server) {
    super();
    this.#server = server;
  }

  /** Fetch the list anew. */
  async load() {
    this.#all = (await this.#server.get('v1/models')).models;
    this.dispatchEvent(new CustomEvent('change'));
  }

  /** Those that a kind of matting takes. @param {string} kind */
  of(kind) {
    return this.#all.filter(({ format }) => FORMATS[kind]?.includes(format));
  }

  /** @param {string | undefined} name @returns {Model | null} */
  get(name) {
    return this.#all.find((model) => model.name === name) ?? null;
  }
}
