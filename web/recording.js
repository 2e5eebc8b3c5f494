/** What comes back, kept: a snapshot or a recording, saved as a file. */
import { create } from './knobs.js';

const KINDS = ['video/mp4;codecs=avc1,mp4a.40.2', 'video/webm;codecs=vp9,opus', 'video/webm;codecs=vp8,opus', 'video/webm'];

/** @param {Blob} blob @param {string} extension */
export function save(blob, extension) {
  const url = URL.createObjectURL(blob);
  const time = new Date().toISOString().slice(0, 19).replaceAll(':', '-');
  create('a', { href: url, download: `changebg-${time}.${extension}` }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/** A recording in the making; it saves itself when stopped, or when its stream ends. */
export class Recording {
  /** @type {MediaRecorder} */ #recorder;
  /** @type {Blob[]} */ #parts = [];
  #begun = Date.now();

  /** @param {MediaStream} stream */
  constructor(stream) {
    const mimeType = KINDS.find((kind) => MediaRecorder.isTypeSupported(kind));
    this.#recorder = new MediaRecorder(stream, mimeType ? { mimeType } : {});
    this.#recorder.addEventListener('dataavailable', ({ data }) => this.#parts.push(data));
    this.#recorder.addEventListener('stop', () => this.#save());
    this.#recorder.start(1000);
  }

  get seconds() {
    return Math.round((Date.now() - this.#begun) / 1000);
  }

  stop() {
    if (this.#recorder.state !== 'inactive') this.#recorder.stop();
  }

  #save() {
    const type = this.#recorder.mimeType;
    save(new Blob(this.#parts, { type }), type.includes('mp4') ? 'mp4' : 'webm');
  }
}
