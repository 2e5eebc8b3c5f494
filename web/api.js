/**
 * changebg's HTTP API: requests with a token, refusals as `Problem`, events as they come.
 *
 * @typedef {{id: string | null, type: string, data: any}} ServerEvent
 */

/** What the server answers when it refuses (RFC 9457): `message` is a sentence for people. */
export class Problem extends Error {
  /** @param {number} status @param {any} document @param {number | null} [retryAfter] seconds */
  constructor(status, document, retryAfter = null) {
    super(document?.detail ?? document?.title ?? `the server answered ${status}`);
    this.name = 'Problem';
    this.status = status;
    this.title = String(document?.title ?? '');
    /** What is wrong where, of a body that was refused: JSON pointers. @type {{pointer: string, detail: string}[]} */
    this.errors = document?.errors ?? [];
    this.retryAfter = retryAfter;
  }
}

/** The server's HTTP API, with a token. */
export class Server {
  /** @param {string | URL} [base] @param {string} [token] */
  constructor(base = new URL(import.meta.url).origin, token = '') {
    this.base = new URL(base);
    this.token = token;
  }

  /**
   * One request. `json` becomes its body.
   * @param {string} method @param {string | URL} path
   * @param {RequestInit & {json?: unknown, headers?: Record<string, string>}} [options]
   * @returns {Promise<Response>}
   * @throws {Problem} where the answer is no success
   */
  async request(method, path, { json, headers = {}, ...options } = {}) {
    const sent = new Headers(headers);
    if (this.token && !sent.has('authorization')) sent.set('authorization', `Bearer ${this.token}`);
    if (json !== undefined) {
      if (!sent.has('content-type')) sent.set('content-type', 'application/json');
      options.body = JSON.stringify(json);
    }
    const response = await fetch(new URL(path, this.base), { method, headers: sent, ...options });
    if (response.ok) return response;
    const document = await response.json().catch(() => null);
    throw new Problem(response.status, document, Number(response.headers.get('retry-after')) || null);
  }

  /** @param {string | URL} path @returns {Promise<any>} */
  async get(path) {
    return (await this.request('GET', path)).json();
  }

  /** What it names for NAT traversal; nothing where it has none, or does not tell. @returns {Promise<RTCIceServer[]>} */
  async iceServers() {
    try {
      return (await this.get('v1/ice-servers')).iceServers;
    } catch (error) {
      if (error instanceof Problem) return [];
      throw error;
    }
  }

  /**
   * The server's events from now on, or from the event `after` on; ends with the connection.
   * @param {{session?: string, after?: string | null, signal?: AbortSignal}} [options]
   * @returns {AsyncGenerator<ServerEvent>}
   */
  async *events({ session, after, signal } = {}) {
    /** @type {Record<string, string>} */
    const headers = { accept: 'text/event-stream' };
    if (after) headers['last-event-id'] = after;
    const path = session ? `v1/events?session=${encodeURIComponent(session)}` : 'v1/events';
    const { body } = await this.request('GET', path, { headers, signal, cache: 'no-store' });
    if (!body) return;
    let pending = '';
    const reader = body.pipeThrough(new TextDecoderStream()).getReader();
    try {
      for (;;) {
        const { value, done } = await reader.read();
        if (done) return;
        const blocks = (pending + value).replaceAll('\r\n', '\n').split('\n\n');
        pending = blocks.pop() ?? '';
        for (const block of blocks) {
          const event = eventOf(block);
          if (event) yield event;
        }
      }
    } finally {
      await reader.cancel().catch(() => undefined);
    }
  }
}

/** @param {string} block the lines of one server-sent event @returns {ServerEvent | null} */
function eventOf(block) {
  let id = null;
  let type = 'message';
  const data = [];
  for (const line of block.split('\n')) {
    const [, name, value] = /^(\w+):\s?(.*)$/.exec(line) ?? [];
    if (name === 'id') id = value;
    if (name === 'event') type = value;
    if (name === 'data') data.push(value);
  }
  return data.length ? { id, type, data: JSON.parse(data.join('\n')) } : null;
}
