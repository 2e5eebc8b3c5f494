/**
 * The running sessions, RTP calls too, each with a picture of what leaves it; an operator watches one and steers it.
 *
 * @typedef {{id: string, name?: string, state: string, labels: Record<string, string>, created: number, input: any, output: any, effect: any}} Session
 */
import { Problem } from './api.js';
import { create } from './knobs.js';
import { known, say } from './words.js';

/** Milliseconds between looks at the list; events bring news sooner. */
const LOOK = 5000;
/** Of a session's events, those after which the list is another one. */
const NEWS = /^session\.|^leg\./;

/** Tells of `watch` and `end` (detail: the session) and `failed` (detail: the error). */
export class Sessions extends EventTarget {
  /** @type {import('./api.js').Server} */ #server;
  /** @type {HTMLElement} */ #list;
  /** @type {Map<string, string>} object URLs of snapshots by session */ #pictures = new Map();
  /** @type {Session[]} */ #all = [];
  /** @type {{own: string, watched: string}} */ #marked = { own: '', watched: '' };
  #refusal = '';

  /** @param {import('./api.js').Server} server @param {HTMLElement} list */
  constructor(server, list) {
    super();
    [this.#server, this.#list] = [server, list];
  }

  /** Follow the list for as long as the page is there. */
  follow() {
    const look = () => (document.hidden ? undefined : void this.load());
    setInterval(look, LOOK);
    document.addEventListener('visibilitychange', look);
    void this.#listen();
    return this.load();
  }

  async #listen() {
    for (;;) {
      try {
        for await (const { type } of this.#server.events()) {
          if (NEWS.test(type)) void this.load();
        }
      } catch (error) {
        if (error instanceof Problem && error.status < 500) return; // the list is looked at all the same
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK));
    }
  }

  async load() {
    try {
      this.#all = (await this.#server.get('v1/sessions')).sessions;
      this.#refusal = '';
    } catch (error) {
      this.#all = [];
      this.#refusal = error instanceof Problem ? say('notListed') : say('serverGone');
    }
    this.draw();
    await Promise.all(this.#all.filter(({ state }) => state === 'live').map(({ id }) => this.#photograph(id)));
  }

  /** @param {string} id */
  find(id) {
    return this.#all.find((session) => session.id === id);
  }

  /** Say which session is the page's own, and which is watched. @param {{own?: string, watched?: string}} marked */
  mark({ own = '', watched = '' }) {
    this.#marked = { own, watched };
    this.draw();
  }

  draw() {
    const focused = /** @type {HTMLElement | null} */ (document.activeElement)?.dataset?.act;
    const message = this.#refusal || (this.#all.length ? '' : say('noSessions'));
    const items = this.#all.map((session) => this.#item(session));
    this.#list.replaceChildren(...items, ...(message ? [create('li', { className: 'hint', textContent: message })] : []));
    if (focused) /** @type {HTMLElement | null} */ (this.#list.querySelector(`[data-act="${CSS.escape(focused)}"]`))?.focus();
  }

  /** @param {Session} session */
  #item(session) {
    const item = create('li', { className: 'session' });
    item.dataset.session = session.id;
    item.classList.toggle('own', session.id === this.#marked.own);
    const src = this.#pictures.get(session.id);
    const picture = src ? create('img', { src, alt: '' }) : create('span', { className: 'blank' });
    const labels = Object.entries(session.labels).map(([name, value]) => `${name}: ${value}`).join(', ');
    const kind = known(`kind.${session.input.kind}`) ?? session.input.kind;
    const state = create('span', { className: 'state', textContent: known(`state.${session.state}`) ?? session.state });
    state.dataset.state = session.state;
    const words = create('div', {});
    words.append(create('strong', { textContent: nameOf(session) }), state, create('small', { textContent: [kind, labels].filter(Boolean).join(' · ') }));
    item.append(picture, words, this.#buttons(session));
    return item;
  }

  /** @param {Session} session */
  #buttons(session) {
    const buttons = create('div', { className: 'actions' });
    if (session.id === this.#marked.own) {
      buttons.append(create('small', { textContent: say('yours') }));
      return buttons;
    }
    const isWatched = session.id === this.#marked.watched;
    const watch = this.#button(isWatched ? 'watched' : 'watch', 'watch', session);
    watch.disabled = session.state !== 'live';
    watch.setAttribute('aria-pressed', String(isWatched));
    buttons.append(watch, this.#button('end', 'end', session));
    return buttons;
  }

  /** @param {'watch' | 'watched' | 'end'} word @param {string} type @param {Session} session */
  #button(word, type, session) {
    const button = create('button', { type: 'button', textContent: say(word) });
    button.dataset.act = `${type} ${session.id}`;
    button.addEventListener('click', () => this.dispatchEvent(new CustomEvent(type, { detail: session })));
    return button;
  }

  /** @param {string} id */
  async #photograph(id) {
    const headers = { accept: 'image/jpeg' };
    const response = await this.#server.request('GET', `v1/sessions/${id}/snapshot`, { headers }).catch(() => null);
    if (!response) return;
    const [old, url] = [this.#pictures.get(id), URL.createObjectURL(await response.blob())];
    this.#pictures.set(id, url);
    const place = this.#list.querySelector(`[data-session="${CSS.escape(id)}"]`)?.firstElementChild;
    place?.replaceWith(create('img', { src: url, alt: '' }));
    if (old) URL.revokeObjectURL(old);
  }
}

/** What a session is called. @param {Session} session */
export function nameOf(session) {
  return session.name ?? session.labels.name ?? session.id.slice(0, 8);
}
