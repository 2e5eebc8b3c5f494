/** Short notices in a corner of the page; they leave by themselves, errors only when they were read. */
import { create } from './knobs.js';
import { say } from './words.js';

/** Milliseconds that a notice stays. */
const STAYS = 6000;
const MOST = 4;

export class Notices {
  /** @type {HTMLElement} */ #element;

  /** @param {HTMLElement} element */
  constructor(element) {
    this.#element = element;
  }

  /** @param {string} sentence */
  tell(sentence) {
    const notice = this.#add(sentence, 'notice');
    setTimeout(() => notice.remove(), STAYS);
  }

  /** @param {string} sentence */
  warn(sentence) {
    this.#add(sentence, 'notice warning').setAttribute('role', 'alert');
  }

  /** @param {string} sentence @param {string} className */
  #add(sentence, className) {
    for (const old of this.#element.children) {
      if (old.firstChild?.textContent === sentence) old.remove();
    }
    const notice = create('div', { className });
    const button = create('button', { type: 'button', textContent: '×', title: say('close') });
    button.setAttribute('aria-label', say('close'));
    button.addEventListener('click', () => notice.remove());
    notice.append(create('span', { textContent: sentence }), button);
    this.#element.append(notice);
    while (this.#element.children.length > MOST) this.#element.firstElementChild?.remove();
    return notice;
  }
}
