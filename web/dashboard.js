/** A call's figures, looked at once a second. */
import { create } from './knobs.js';
import { Delay } from './delay.js';
import { Bars, Graph } from './graph.js';
import { figures, look } from './measures.js';
import { known, say } from './words.js';

const EVERY = 1000;

/** Tells of `figures` (detail: them) each time. */
export class Dashboard extends EventTarget {
  /** @type {HTMLElement} */ #element;
  /** @type {import('./call.js').Call | null} */ #call = null;
  /** @type {import('./measures.js').Look | null} */ #last = null;
  /** @type {Delay | null} */ #delay = null;
  /** @type {Graph[]} */ #graphs = [];
  #bars = new Bars('');
  #line = create('p', { className: 'hint' });

  /** @param {HTMLElement} element */
  constructor(element) {
    super();
    this.#element = element;
    this.draw();
    setInterval(() => void this.#look(), EVERY);
  }

  /** All of it anew, in the language of the page. */
  draw() {
    this.#graphs = [
      new Graph(say('frameRate'), [say('back'), say('sent')], { least: 30 }),
      new Graph(say('latency'), [say('inAll'), say('server'), say('roundTrip')], { least: 50 }),
      new Graph(say('bitrate'), [say('back'), say('sent')], { least: 500 }),
      new Graph(say('matte'), [say('confidence'), say('quality')], { least: 1, digits: 2 }),
    ];
    this.#bars = new Bars(say('stages'));
    this.#line.textContent = say('noFigures');
    this.#element.replaceChildren(...this.#graphs.map(({ element }) => element), this.#bars.element, this.#line);
  }

  /** @param {import('./call.js').Call | null} call @param {HTMLVideoElement} video where its pictures are seen */
  follow(call, video) {
    this.#delay?.stop();
    [this.#call, this.#last, this.#delay] = [call, null, call && new Delay(video)];
    if (call) this.draw();
  }

  async #look() {
    const call = this.#call;
    if (!call || call.state !== 'connected' || document.hidden) return;
    const stats = await call.stats().catch(() => null);
    if (!stats || call !== this.#call) return;
    const now = look(stats);
    if (this.#last) this.#show(figures(this.#last, now));
    this.#last = now;
  }

  /** @param {import('./measures.js').Figures} now */
  #show(now) {
    const [rate, latency, bitrate, matte] = this.#graphs;
    rate.push([now.framesBack, now.framesSent]);
    latency.push([this.#delay?.take(), now.latency, now.roundTrip]);
    bitrate.push([now.bitrateBack, now.bitrateSent]);
    matte.push([now.confidence, now.quality]);
    this.#bars.show(now.stages);
    const shown = now.shown && `${say('shown')}: ${known(`shown.${now.shown}`) ?? now.shown}`;
    const dropped = now.dropped !== null && `${say('dropped')}: ${say('frames', { count: now.dropped })}`;
    const pace = now.every !== null && now.every > 1 && say('pace', { every: now.every });
    this.#line.textContent = [shown, dropped, pace].filter(Boolean).join(' · ');
    this.dispatchEvent(new CustomEvent('figures', { detail: now }));
  }
}
