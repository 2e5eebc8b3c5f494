/**
 * The images that effects name, as the server keeps them: backgrounds, clean plates, masks.
 *
 * @typedef {{id: string, kind: string, name: string, built_in: boolean, thumbnail: string}} Asset
 */

/** Tells of `change` when there are others. */
export class Assets extends EventTarget {
  /** @type {import('./api.js').Server} */ #server;
  /** @type {Asset[]} */ #all = [];
  /** @type {Map<string, string>} object URLs by id */ #thumbnails = new Map();

  /** @param {import('./api.js').Server} server */
  constructor(server) {
    super();
    this.#server = server;
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

  /** Put an image on the server. @param {Blob} file @param {{kind: string, name?: string}} how @returns {Promise<Asset>} */
  async add(file, { kind, name = '' }) {
    const query = new URLSearchParams({ kind, name: name.slice(0, 128) });
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

  /** A URL an image element can show; the server's own needs the token, which such an element cannot send. @param {Asset} asset @returns {Promise<string>} */
  async thumbnail(asset) {
    const kept = this.#thumbnails.get(asset.id);
    if (kept) return kept;
    const response = await this.#server.request('GET', asset.thumbnail);
    const url = URL.createObjectURL(await response.blob());
    this.#thumbnails.set(asset.id, url);
    return url;
  }
}
