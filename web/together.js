/**
 * Which knobs of a matting go together: the server refuses a keyer with the other one's settings, so that turning one
 * takes back what would contradict it.
 *
 * @typedef {{[name: string]: any}} Matting
 */

/** Whether ffmpeg's key is in use. @param {Matting} chroma */
function isFfmpeg(chroma) {
  return chroma.keyer === 'ffmpeg' || (!chroma.keyer && (chroma.similarity ?? chroma.blend) !== undefined);
}

/** Whether a knob of a part can be turned as things stand. @param {Matting} matting @param {string} part @param {string} name */
export function isShown(matting, part, name) {
  if (part === 'chroma') return isShownOfChroma(matting, name);
  if (part === 'mediapipe' && (name === 'category' || name === 'chair')) return Boolean(matting.model);
  return true;
}

/** @param {Matting} chroma @param {string} name */
function isShownOfChroma(chroma, name) {
  if (name === 'similarity' || name === 'blend') return isFfmpeg(chroma);
  if (name === 'shadow') return !isFfmpeg(chroma);
  if (name === 'exact_color') return chroma.color !== 'auto' && !isFfmpeg(chroma);
  return true;
}

/**
 * A knob turned, and what has to be turned with it.
 * @param {Matting} chroma as it stands @param {string} name @param {any} value
 * @param {string} typed the colour to use where one must be typed, rrggbb @returns {Matting}
 */
export function chromaPatch(chroma, name, value, typed) {
  const patch = { [name]: value };
  if (name === 'keyer' && value === 'ffmpeg') {
    return { ...patch, color: chroma.color === 'auto' ? typed : chroma.color, exact_color: null, shadow: null };
  }
  if (name === 'keyer') return { ...patch, similarity: null, blend: null };
  if (name === 'color' && value === 'auto') return { ...patch, exact_color: null, keyer: null, similarity: null, blend: null };
  return patch;
}
