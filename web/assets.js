/**
 * The images and videos that effects name, as the server keeps them: backgrounds, clean plates, masks.
 *
 * @typedef {object} Asset
 * @property {string} id
 * @property {string} kind
 * @property {string} name
 * @property {number} width
 * @property {number} height
 * @property {number} octets
 * @property {boolean} built_in
 * @property {string} thumbnail
 * @property {string} picture
 */

/** Tells of `change` when there are others. */
export class Assets extends EventTarget {
  /** @type {import('./api.js').Server} */ #server;
  /** @type {Asset[]} */ #all = [];
  /** @type {Map<string, string>} object URLs by the server's */ #fetched = new Map();

  /** @param {import('./api.js').Server} server */
  constructor(server) {
    super();
    this.#server = server;
  }

  /** @param {string} id @returns {Asset | undefined} */
  get(id) {
    return this.#all.find((asset) => asset.id === id);
  }

  /** @param {string} kind */
  of(kind) {
    return this.#all.filter((asset) => asset.kind === kind);
  }

  /** Fetch the list anew. */
  async load() {
    this.#all = (await this.#server.get('v1/backgrounds')).backgrounds;
    this.dispatchEvent(new CustomEvent('change'));
  }

  /** Put an image or a video on the server. @param {Blob} file @param {{kind?: string, name?: string}} how no kind: a background, still or moving @returns {Promise<Asset>} */
  async add(file, { kind, name = '' }) {
    const query = new URLSearchParams({ ...(kind ? { kind } : {}), name: name.slice(0, 128) });
    const headers = { 'content-type': file.type || 'application/octet-stream' };
    const response = await this.#server.request('POST', `v1/backgrounds?${query}`, { body: file, headers });
    const asset = await response.json();
    await this.load();
    return asset;
  }

  /** @param {Asset} asset */
  async delete(asset) {
    await this.#server.request('DELETE', `v1/backgrounds/${encodeURIComponent(asset.id)}`);
    await this.load();
  }

  /** A URL an image element can show. @param {Asset} asset */
  thumbnail(asset) {
    return this.#shown(asset.thumbnail);
  }

  /** A URL a video element can show. @param {Asset} asset */
  picture(asset) {
    return this.#shown(asset.picture);
  }

  /** The server's own URLs need the token, which such elements cannot send. @param {string} path @returns {Promise<string>} */
  async #shown(path) {
    const kept = this.#fetched.get(path);
    if (kept) return kept;
    const response = await this.#server.request('GET', path);
    const url = URL.createObjectURL(await response.blob());
    this.#fetched.set(path, url);
    return url;
  }
}
