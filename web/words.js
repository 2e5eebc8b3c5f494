/**
 * What the page says, in the reader's language. `data-say` in the markup names a sentence, `say` gives it to a script.
 */
import { ENGLISH } from './words-en.js';
import { CHINESE } from './words-zh.js';

/** @typedef {keyof typeof ENGLISH} Word */
/** @typedef {'en' | 'zh'} Language */

/** @type {Record<Language, Record<string, string>>} */
const WORDS = { en: ENGLISH, zh: CHINESE };
const KEPT = 'changebg.language';

/** @type {Language} */
let language = chosen();

/** @returns {Language} what was chosen before, or the first of the browser's languages that there is */
function chosen() {
  const wishes = [localStorage.getItem(KEPT), ...navigator.languages].map((wish) => wish?.slice(0, 2));
  return wishes.find((wish) => wish === 'en' || wish === 'zh') ?? 'en';
}

/** The language of the page now. */
export function spoken() {
  return language;
}

/**
 * A sentence; `{name}` in it is replaced.
 * @param {Word} word @param {Record<string, string | number>} [values]
 */
export function say(word, values = {}) {
  const sentence = WORDS[language][word] ?? ENGLISH[word];
  return sentence.replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ''));
}

/** A sentence that may not be there: what a newer server calls its knobs. @param {string} word */
export function known(word) {
  return WORDS[language][word] ?? null;
}

/** Put every sentence of a part of the page in its place. @param {ParentNode} part */
export function translate(part) {
  for (const element of part.querySelectorAll('[data-say]')) {
    element.textContent = say(/** @type {Word} */ (/** @type {HTMLElement} */ (element).dataset.say));
  }
  for (const element of part.querySelectorAll('[data-label]')) {
    const label = say(/** @type {Word} */ (/** @type {HTMLElement} */ (element).dataset.label));
    element.setAttribute('aria-label', label);
    element.setAttribute('title', label);
  }
}

/** Speak another language from now on. @param {Language} wanted */
export function speak(wanted) {
  language = wanted;
  localStorage.setItem(KEPT, wanted);
  document.documentElement.lang = wanted;
  translate(document);
}
