/**
 * A call through changebg: your stream goes out, the same people come back before another background.
 *
 *     import { connect } from 'https://changebg.example/call.js';
 *     const camera = await navigator.mediaDevices.getUserMedia({ video: true, audio: true });
 *     const call = await connect({ token, stream: camera, effect: { background: { kind: 'color', color: '202020' } } });
 *     video.srcObject = call.stream;
 *     await call.update({ edge: { feather: 2 } });
 *
 * No DOM, no dependency. A connection that breaks is made again and goes on in the same session, with its effect, key
 * and plate; `call.stream` stays the same object throughout. Same major version: nothing you use goes away.
 */
import { Problem, Server } from './api.js';

export { Problem, Server };
export const version = '1.0.0';

/** Milliseconds to wait for the browser's own addresses; TURN servers that do not answer would cost 10 s and more. */
const GATHERING = 1000;
/** Milliseconds until a connection that was agreed upon must stand. */
const CONNECTING = 10_000;
/** Milliseconds a connection may be away before a new one is made: ICE alone would take 30 s to give up. */
const PATIENCE = 1000;
/** Milliseconds between attempts to come back; the last is repeated until the server has given the session up. */
const RETRIES = [0, 500, 1000, 2000, 4000];
/** Milliseconds for which the server keeps a lost session; after as long without it, a call is over. */
const KEPT = 60_000;

/**
 * What is done to the picture; names as on the command line, described by the server's /openapi.json.
 * @typedef {{[name: string]: unknown}} Effect
 */

/**
 * What a call is made of.
 * @typedef {object} ConnectOptions
 * @property {string | URL} [server] where changebg serves; this module's own origin unless given
 * @property {string} [token] what lets you in, where the server asks for it
 * @property {MediaStream} [stream] what you send: a camera, a screen, a canvas; without it you `watch`
 * @property {Effect} [effect] where the call begins; the server's default unless given
 * @property {string} [profile] the name of an effect kept on the server, in place of `effect`
 * @property {{[name: string]: string}} [labels] what the session is listed under
 * @property {string} [watch] the id of a running session whose picture you want, in place of your own
 * @property {{id: string, token: string}} [session] a call that was lost, with its page: it goes on
 * @property {RTCIceServer[]} [iceServers] the server's unless given
 * @property {'H264' | 'VP8'} [codec] the codec to prefer; the browser's choice unless given
 */

/** @typedef {'connecting' | 'connected' | 'reconnecting' | 'closed'} State */
/** @typedef {{effect: Effect, appliedAt: number, etag: string | null}} Updated an effect that holds since `appliedAt`, unix seconds */
/** @typedef {{server: any, peer: RTCStatsReport}} Stats the server's and the browser's, under webrtc-stats' names where it has one */

/**
 * Begin a call; it stands when the promise does.
 * @param {ConnectOptions} options
 * @returns {Promise<Call>}
 * @throws {Problem} where the server refuses
 */
export async function connect(options) {
  const call = new Call(options);
  await call.open();
  return call;
}

/** A call. Its functions keep their `this`: `const { stream, update, close } = await connect(…)` works. */
export class Call {
  /** @type {Server} */ #server;
  /** @type {ConnectOptions} */ #options;
  /** @type {RTCPeerConnection | null} */ #pc = null;
  /** @type {{id: string, token: string} | null} */ #session;
  /** @type {Effect | undefined} the last one known, should the session have to begin anew */ #effect;
  /** @type {string | null} */ #location = null;
  /** @type {RTCIceServer[] | null} */ #iceServers;
  /** @type {State} */ #state = 'connecting';
  #ended = new AbortController();
  #coming = false;

  /** @param {ConnectOptions} options */
  constructor(options) {
    if (!options.stream && !options.watch) throw new TypeError('connect: a `stream` to send, or a session to `watch`');
    this.#options = options;
    this.#server = new Server(options.server, options.token);
    this.#session = options.session ?? null;
    this.#effect = options.effect;
    this.#iceServers = options.iceServers ?? null;
    /** What comes back: hand it to a video element once. */
    this.stream = new MediaStream();
    /**
     * `state` {state}, `restarted` {session}, and what the server tells of this session: `shown`, `note`,
     * `effect.changed`, … Each is a CustomEvent with its `detail`.
     */
    this.events = new EventTarget();
  }

  /** The session's id: under it the server's API knows the call. */
  get session() {
    return this.#options.watch ?? this.#session?.id ?? '';
  }

  /** What the session alone is steered with, and re-attached after a reload; empty where one only watches. */
  get token() {
    return this.#session?.token ?? '';
  }

  get state() {
    return this.#state;
  }

  /** `connect` calls it, once. */
  async open() {
    try {
      await this.#attach();
    } catch (error) {
      this.#end('failed');
      throw error;
    }
    void this.#listen();
  }

  /**
   * Change the effect by a merge patch: what is not named stays, null takes a thing back to its default.
   * @param {Effect} effect
   * @param {{ifMatch?: string}} [options]
   * @returns {Promise<Updated>}
   */
  update = async (effect, { ifMatch } = {}) => {
    const headers = { ...this.#own(), ...(ifMatch ? { 'if-match': ifMatch } : {}) };
    const response = await this.#server.request('PATCH', this.#path(), { json: { effect }, headers });
    const answer = await response.json();
    this.#effect = answer.effect;
    return { effect: answer.effect, appliedAt: answer.applied_at, etag: response.headers.get('etag') };
  };

  /** The session as the server has it: its state, its ends, its effect. @returns {Promise<any>} */
  look = async () => (await this.#server.request('GET', this.#path(), { headers: this.#own() })).json();

  /** @returns {Promise<Stats>} */
  stats = async () => {
    const path = this.#path('/stats');
    const [server, peer] = await Promise.all([
      this.#server.request('GET', path, { headers: this.#own() }).then((response) => response.json()),
      this.#pc?.getStats() ?? new Map(),
    ]);
    return { server, peer: /** @type {RTCStatsReport} */ (peer) };
  };

  /** End the call, also on the server; `stream`'s sender is yours to stop. @returns {Promise<void>} */
  close = async () => {
    if (this.#state === 'closed') return;
    this.#end('closed');
    if (!this.#location) return;
    // `keepalive`: the request outlives a page that is being left.
    await this.#server.request('DELETE', this.#location, { headers: this.#own(), keepalive: true }).catch(() => undefined);
  };

  /** @param {string} [below] */
  #path(below = '') {
    return `v1/sessions/${encodeURIComponent(this.session)}${below}`;
  }

  /** Who holds no token of the server's has the session's own. @returns {Record<string, string>} */
  #own() {
    return this.#server.token || !this.token ? {} : { authorization: `Bearer ${this.token}` };
  }

  /** A connection, in the session there is or in a new one. */
  async #attach() {
    this.#iceServers ??= await this.#server.iceServers();
    const pc = new RTCPeerConnection({ iceServers: this.#iceServers, bundlePolicy: 'max-bundle' });
    try {
      pc.addEventListener('track', ({ track }) => this.#take(track));
      this.#addMedia(pc);
      await pc.setLocalDescription();
      await gathered(pc);
      await pc.setRemoteDescription(await this.#offer(pc.localDescription?.sdp ?? ''));
      await connected(pc, this.#ended.signal);
    } catch (error) {
      pc.close();
      throw error;
    }
    this.#pc?.close();
    this.#pc = pc;
    this.#watchOver(pc);
    this.#change('connected');
  }

  /** @param {RTCPeerConnection} pc */
  #addMedia(pc) {
    const { stream, watch, codec } = this.#options;
    const media = stream && !watch ? stream.getTracks() : ['video', 'audio'];
    for (const one of media) {
      const direction = typeof one === 'string' ? 'recvonly' : 'sendrecv';
      const transceiver = pc.addTransceiver(one, { direction, streams: stream ? [stream] : [] });
      if (codec && transceiver.receiver.track.kind === 'video') prefer(transceiver, codec);
    }
  }

  /** @param {string} sdp @returns {Promise<RTCSessionDescriptionInit>} */
  async #offer(sdp) {
    const { watch, profile, labels } = this.#options;
    const begun = profile && !this.#effect ? { profile } : this.#effect ? { effect: this.#effect } : {};
    const resumed = this.#session ? { session: this.#session.id, token: this.#session.token } : { ...begun, labels };
    const body = { type: 'offer', sdp, ...(watch ? { input: { kind: 'session', id: watch } } : resumed) };
    const response = await this.#server.request('POST', 'v1/offer', { json: body, signal: this.#ended.signal });
    const answer = await response.json();
    this.#location = answer.location;
    if (!watch) this.#session = { id: answer.session, token: answer.token ?? this.#session?.token ?? '' };
    return { type: 'answer', sdp: answer.sdp };
  }

  /** @param {MediaStreamTrack} track takes the place of the one of its kind */
  #take(track) {
    for (const old of this.stream.getTracks()) {
      if (old.kind === track.kind) this.stream.removeTrack(old);
    }
    this.stream.addTrack(track);
  }

  /** @param {RTCPeerConnection} pc */
  #watchOver(pc) {
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    let patience;
    pc.addEventListener('connectionstatechange', () => {
      clearTimeout(patience);
      if (pc !== this.#pc || this.#state === 'closed') return;
      if (pc.connectionState === 'connected') this.#change('connected');
      if (pc.connectionState === 'disconnected') patience = setTimeout(() => this.#comeBack(), PATIENCE);
      if (['failed', 'closed'].includes(pc.connectionState)) void this.#comeBack();
    });
  }

  /** Connect again, until it works or the server has given the session up. */
  async #comeBack() {
    if (this.#coming || this.#state === 'closed') return;
    this.#coming = true;
    this.#change('reconnecting');
    const until = Date.now() + KEPT;
    for (let attempt = 0; Date.now() < until && this.#state === 'reconnecting'; attempt += 1) {
      await pause(RETRIES[Math.min(attempt, RETRIES.length - 1)]);
      if (await this.#tryAgain()) break;
    }
    this.#coming = false;
    if (this.#state === 'reconnecting') this.#end('lost');
  }

  /** One attempt: whether there is nothing left to try. */
  async #tryAgain() {
    if (this.#state !== 'reconnecting') return true;
    try {
      await this.#attach();
      return true;
    } catch (error) {
      if (!(error instanceof Problem) || ![401, 403, 404, 410].includes(error.status)) return false;
      if (!this.#session || this.#options.watch) return true;
      this.#session = null; // the server has forgotten it: a new one, with the effect as it was
      this.#tell('restarted', {});
      return false;
    }
  }

  /** Pass on what the server tells of this session. */
  async #listen() {
    let after = null;
    for (let attempt = 0; this.#state !== 'closed'; attempt += 1) {
      try {
        const server = this.#server.token ? this.#server : new Server(this.#server.base, this.token);
        for await (const event of server.events({ session: this.session, after, signal: this.#ended.signal })) {
          [after, attempt] = [event.id ?? after, 0];
          this.#hear(event);
        }
      } catch (error) {
        if (error instanceof Problem && error.status < 500 && error.status !== 429) return; // it will not be told
      }
      await pause(RETRIES[Math.min(attempt + 1, RETRIES.length - 1)]);
    }
  }

  /** @param {import('./api.js').ServerEvent} event */
  #hear({ type, data }) {
    if (data.session && data.session !== this.session) return;
    if (type === 'effect.changed') this.#effect = data.data?.effect ?? this.#effect;
    this.#tell(type, data);
    if (type === 'session.ended') this.#end('ended');
  }

  /** @param {string} reason */
  #end(reason) {
    this.#change('closed', reason);
    this.#ended.abort();
    this.#pc?.close();
  }

  /** @param {State} state @param {string} [reason] */
  #change(state, reason = '') {
    if (state === this.#state || this.#state === 'closed') return;
    this.#state = state;
    this.#tell('state', { state, reason });
  }

  /** @param {string} type @param {unknown} detail */
  #tell(type, detail) {
    this.events.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

/** Let a codec lead; the others stay behind it. @param {RTCRtpTransceiver} transceiver @param {string} codec */
function prefer(transceiver, codec) {
  const codecs = RTCRtpReceiver.getCapabilities('video')?.codecs ?? [];
  const leads = codecs.filter((one) => one.mimeType.toLowerCase() === `video/${codec}`.toLowerCase());
  transceiver.setCodecPreferences?.([...leads, ...codecs.filter((one) => !leads.includes(one))]);
}

/** Until the browser knows its addresses, or long enough. @param {RTCPeerConnection} pc @returns {Promise<void>} */
function gathered(pc) {
  return new Promise((resolve) => {
    const look = () => (pc.iceGatheringState === 'complete' ? resolve() : undefined);
    pc.addEventListener('icegatheringstatechange', look);
    setTimeout(resolve, GATHERING);
    look();
  });
}

/** Until media can flow. @param {RTCPeerConnection} pc @param {AbortSignal} signal @returns {Promise<void>} */
function connected(pc, signal) {
  return new Promise((resolve, reject) => {
    const fail = () => reject(new Error('no way to the server was found: UDP may be blocked, or its ports closed'));
    const timer = setTimeout(fail, CONNECTING);
    const look = () => {
      if (pc.connectionState === 'connected') resolve();
      else if (['failed', 'closed'].includes(pc.connectionState)) fail();
      else return;
      clearTimeout(timer);
    };
    pc.addEventListener('connectionstatechange', look);
    signal.addEventListener('abort', () => reject(new Error('the call was ended before it stood')));
    look();
  });
}

/** @param {number} milliseconds @returns {Promise<void>} */
function pause(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
