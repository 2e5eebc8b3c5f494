/**
 * How old what is seen is: from a frame's capture, as the sender reports tell it in this browser's clock, to its
 * presentation. Firefox does not say when a frame was captured; there it stays unknown.
 */

/** Milliseconds beyond which a clock is wrong rather than a call slow. */
const PLAUSIBLE = 10_000;

export class Delay {
  /** @type {number[]} milliseconds, of the frames since the last look */ #seen = [];
  /** @type {HTMLVideoElement} */ #video;
  #handle = 0;

  /** @param {HTMLVideoElement} video */
  constructor(video) {
    this.#video = video;
    this.#wait();
  }

  #wait() {
    this.#handle = this.#video.requestVideoFrameCallback?.((_, { captureTime, presentationTime }) => {
      const delay = presentationTime - (captureTime ?? Number.NaN);
      if (delay > 0 && delay < PLAUSIBLE) this.#seen.push(delay);
      this.#wait();
    });
  }

  /** The median since it was taken last. @returns {number | null} */
  take() {
    const sorted = this.#seen.sort((one, other) => one - other);
    this.#seen = [];
    return sorted[sorted.length >> 1] ?? null;
  }

  stop() {
    this.#video.cancelVideoFrameCallback?.(this.#handle);
  }
}
