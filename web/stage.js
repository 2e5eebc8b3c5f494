/**
 * The call on the page: begun with a camera or the sample caller, watched, ended; its pictures shown.
 *
 * @typedef {import('./call.js').Call} Call
 */
import { connect } from './call.js';
import { cameraStream, sampleCaller, stopStream } from './sources.js';

/** Tells of `state` (detail: {state, reason}), `call` (a call stands, or none: detail) and what the server tells of it. */
export class Stage extends EventTarget {
  /** @type {Call | null} */ call = null;
  /** @type {MediaStream | null} */ #source = null;
  /** @type {import('./api.js').Server} */ #server;
  /** @type {HTMLElement} */ #element;
  /** @type {HTMLVideoElement} */ before;
  /** @type {HTMLVideoElement} */ after;
  /** Each start is one attempt; an older one that is late changes nothing. */ #attempt = 0;

  /** @param {import('./api.js').Server} server @param {HTMLElement} element */
  constructor(server, element) {
    super();
    [this.#server, this.#element] = [server, element];
    const [before, after] = element.querySelectorAll('video');
    [this.before, this.after] = [before, after];
    for (const video of [before, after]) video.addEventListener('resize', () => this.#fit(video));
  }

  /**
   * A call with one's own pictures.
   * @param {'camera' | 'sample'} kind
   * @param {{size: {width: number, height: number}, sound: boolean, deviceId?: string, effect: any}} wanted
   */
  start(kind, { effect, ...wanted }) {
    return this.#begin('own', async () => {
      const stream = kind === 'camera' ? await cameraStream(wanted) : sampleCaller(wanted.size);
      this.#source = this.before.srcObject = stream;
      return { stream, effect, labels: { from: 'page' } };
    });
  }

  /** Somebody else's. @param {string} session its id */
  watch(session) {
    return this.#begin('watch', async () => ({ watch: session }));
  }

  /** @param {'own' | 'watch'} mode @param {() => Promise<import('./call.js').ConnectOptions>} prepare */
  async #begin(mode, prepare) {
    await this.stop();
    this.#attempt += 1;
    const attempt = this.#attempt;
    this.#element.dataset.mode = mode;
    this.#say('connecting');
    try {
      const call = await connect({ server: this.#server.base, token: this.#server.token, ...(await prepare()) });
      if (attempt !== this.#attempt) return void call.close();
      this.#take(call);
    } catch (error) {
      if (attempt !== this.#attempt) return;
      await this.stop();
      throw error;
    }
  }

  /** @param {Call} call */
  #take(call) {
    this.call = call;
    this.after.srcObject = call.stream;
    call.events.addEventListener('state', (event) => {
      const { state, reason } = /** @type {CustomEvent} */ (event).detail;
      if (state === 'closed' && call === this.call) void this.stop(reason);
      else this.#say(state);
    });
    for (const type of ['shown', 'note', 'effect.changed', 'restarted', 'background.failed']) {
      call.events.addEventListener(type, (event) => {
        const { detail } = /** @type {CustomEvent} */ (event);
        if (call === this.call) this.dispatchEvent(new CustomEvent(type, { detail }));
      });
    }
    this.#say('connected');
    this.dispatchEvent(new CustomEvent('call', { detail: call }));
  }

  /** End whatever there is. @param {string} [reason] why, where it is not the user's wish */
  async stop(reason = '') {
    this.#attempt += 1;
    const call = this.call;
    this.call = null;
    stopStream(this.#source);
    this.#source = this.before.srcObject = this.after.srcObject = null;
    this.#element.dataset.mode = 'idle';
    for (const video of [this.before, this.after]) video.parentElement?.style.removeProperty('aspect-ratio');
    this.#say(reason ? 'closed' : 'idle', reason);
    if (!call) return;
    this.dispatchEvent(new CustomEvent('call', { detail: null }));
    await call.close();
  }

  /** @param {string} state @param {string} [reason] */
  #say(state, reason = '') {
    this.dispatchEvent(new CustomEvent('state', { detail: { state, reason } }));
  }

  /** A portrait picture gets a portrait frame. @param {HTMLVideoElement} video */
  #fit(video) {
    const { videoWidth, videoHeight, parentElement } = video;
    if (!videoWidth || !parentElement) return;
    parentElement.style.aspectRatio = `${videoWidth} / ${videoHeight}`;
    this.#element.classList.toggle('portrait', videoHeight > videoWidth);
  }
}
