/** Errors in a person's words. */
import { Problem } from './api.js';
import { say } from './words.js';

/** Seconds to wait where the server does not say. */
const SOON = 5;

/** @param {unknown} error @returns {string} a sentence for whoever sits before the page */
export function explain(error) {
  if (error instanceof Problem) return explainProblem(error);
  if (error instanceof DOMException) return explainCamera(error);
  if (error instanceof TypeError) return say('serverGone');
  const reason = error instanceof Error ? error.message : String(error);
  return reason.startsWith('no way') ? say('noWay') : say('refused', { reason });
}

/** @param {Problem} problem */
function explainProblem(problem) {
  const seconds = Math.ceil(problem.retryAfter ?? SOON);
  switch (problem.status) {
    case 401: return say('tokenWrong');
    case 403: return say('forbidden');
    case 404: return say('gone');
    case 409: return say('refused', { reason: problem.message });
    case 413: return say('tooLarge');
    case 415: return say('notAnImage');
    case 429: return say('tooOften', { seconds });
    case 503: return say('full', { seconds });
    default: return say('refused', { reason: problem.errors[0]?.detail ?? problem.message });
  }
}

/** @param {DOMException} error of getUserMedia */
function explainCamera(error) {
  switch (error.name) {
    case 'NotAllowedError': return say('cameraDenied');
    case 'NotFoundError':
    case 'OverconstrainedError': return say('cameraMissing');
    case 'NotReadableError':
    case 'AbortError': return say('cameraBusy');
    default: return say('cameraFailed', { reason: error.message });
  }
}
