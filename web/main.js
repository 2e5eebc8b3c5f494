/** The test page: its parts made and joined. */
import { Problem, Server } from './api.js';
import { Assets } from './assets.js';
import { takeDrops } from './backdrops.js';
import { Dashboard } from './dashboard.js';
import { explain } from './explain.js';
import { Eyedropper } from './eyedropper.js';
import { Models } from './models.js';
import { Notices } from './notices.js';
import { Panel } from './panel.js';
import { Placing } from './placing.js';
import { Recording, save } from './recording.js';
import { Sessions, nameOf } from './sessions.js';
import { cameras } from './sources.js';
import { Stage } from './stage.js';
import { Steering } from './steering.js';
import { say, speak, spoken } from './words.js';

/** Seconds to step out of the picture before a plate is taken. */
const STEPPING_OUT = 5;
const TOKEN = 'changebg.token';

/** @template {HTMLElement} [Kind=HTMLElement] @param {string} selector @returns {Kind} */
function find(selector) {
  const element = document.querySelector(selector);
  if (!element) throw new Error(`the page has no ${selector}`);
  return /** @type {Kind} */ (element);
}

const notices = new Notices(find('#notices'));
const warn = (/** @type {unknown} */ error) => notices.warn(explain(error));
/** What goes wrong is told, whatever it is. @param {() => unknown} doing */
const tried = async (doing) => {
  try {
    await doing();
  } catch (error) {
    warn(error);
  }
};

/** The token came in the address's fragment, which no server and no log sees; from there it goes to this tab's memory. */
function tokenOfAddress() {
  const given = new URLSearchParams(location.hash.slice(1)).get('token');
  if (given) {
    sessionStorage.setItem(TOKEN, given);
    history.replaceState(null, '', location.pathname + location.search);
  }
  return sessionStorage.getItem(TOKEN) ?? '';
}

/** What the server can do; asks for the token until it is let in. @param {Server} server */
async function catalogOf(server) {
  for (;;) {
    try {
      return await server.get('v1/catalog');
    } catch (error) {
      if (!(error instanceof Problem) || error.status !== 401) throw error;
      if (server.token) notices.warn(say('tokenWrong'));
      server.token = await askedToken();
      sessionStorage.setItem(TOKEN, server.token);
    }
  }
}

/** @returns {Promise<string>} */
function askedToken() {
  const dialog = /** @type {HTMLDialogElement} */ (find('#access'));
  const input = /** @type {HTMLInputElement} */ (dialog.querySelector('input'));
  dialog.showModal();
  return new Promise((resolve) => dialog.addEventListener('close', () => resolve(input.value.trim()), { once: true }));
}

async function main() {
  const server = new Server(undefined, tokenOfAddress());
  const choice = /** @type {HTMLSelectElement} */ (find('#language'));
  choice.value = spoken();
  speak(spoken());
  const catalog = await catalogOf(server);
  const [assets, models] = [new Assets(server), new Models(server)];
  const steering = new Steering(catalog.default);
  const stage = new Stage(server, find('#stage'));
  const panel = new Panel(find('#panel > div'), catalog, steering.effect, { assets, models });
  const dashboard = new Dashboard(find('#figures .graphs'));
  const sessions = new Sessions(server, find('#sessions ul'));

  steer({ panel, steering, stage, server });
  place({ stage, steering, assets });
  show({ stage, steering, sessions, dashboard, panel });
  startAndStop({ stage, steering });
  keep({ stage, server });
  operate({ stage, sessions, server });
  takeDrops(document.body, (file) => void panel.drop(file));
  choice.addEventListener('change', () => {
    speak(/** @type {'en' | 'zh'} */ (choice.value));
    showState(stage.call ? stage.call.state : 'idle');
    for (const part of [panel, dashboard, sessions]) part.draw();
  });
  showState('idle');
  await Promise.all([tried(() => assets.load()), tried(() => models.load()), sessions.follow(), offerCameras()]);
}

/** Knobs to effect, effect to knobs. @param {{panel: Panel, steering: Steering, stage: Stage, server: Server}} parts */
function steer({ panel, steering, stage, server }) {
  panel.addEventListener('change', (event) => steering.change(/** @type {CustomEvent} */ (event).detail));
  panel.addEventListener('failed', (event) => warn(/** @type {CustomEvent} */ (event).detail));
  steering.addEventListener('change', () => panel.show(steering.effect));
  steering.addEventListener('refused', (event) => warn(/** @type {CustomEvent} */ (event).detail));
  stage.addEventListener('effect.changed', (event) => steering.follow(/** @type {CustomEvent} */ (event).detail.data.effect));
  new Eyedropper(stage.before, find('#before .picker'), (color) => steering.change({ matting: { kind: 'chroma', color } }));
  panel.addEventListener('measure', () => tried(() => measureColor(stage, steering, server)));
  panel.addEventListener('plate', () => tried(() => capturePlate(stage, steering, server)));
}

/** The background moved by hand on the picture. @param {{stage: Stage, steering: Steering, assets: Assets}} parts */
function place({ stage, steering, assets }) {
  const placing = new Placing(stage.after, find('#after .mover'), (id) => assets.get(id));
  const show = () => placing.show(steering.effect.background);
  placing.addEventListener('change', (event) => steering.change({ background: /** @type {CustomEvent} */ (event).detail }));
  for (const part of [steering, assets]) part.addEventListener('change', show);
}

/** @param {Stage} stage @param {Steering} steering @param {Server} server */
async function measureColor(stage, steering, server) {
  if (!stage.call) return notices.tell(say('noFigures'));
  const response = await server.request('POST', `v1/sessions/${stage.call.session}/keycolor`);
  const { color, confidence, accepted, reasons } = await response.json();
  if (!accepted || !color) return notices.warn(say('noScreen', { reasons: reasons.join(', ') }));
  notices.tell(say('measuredColor', { color, confidence: Math.round(confidence * 100) }));
  steering.change({ matting: { kind: 'chroma', color } });
}

/** Count down while whoever is there steps out. @param {Stage} stage @param {Steering} steering @param {Server} server */
async function capturePlate(stage, steering, server) {
  const { call } = stage;
  if (!call) return notices.tell(say('plateInCall'));
  const countdown = find('.countdown');
  for (let seconds = STEPPING_OUT; seconds > 0 && stage.call === call; seconds -= 1) {
    countdown.hidden = false;
    countdown.textContent = say('plateLater', { seconds });
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
  countdown.hidden = true;
  if (stage.call !== call) return;
  const response = await server.request('POST', `v1/sessions/${call.session}/plate`, { json: { frames: 30 } });
  steering.follow((await response.json()).effect);
  notices.tell(say('plateTaken'));
}

/** @param {{stage: Stage, steering: Steering, sessions: Sessions, dashboard: Dashboard, panel: Panel}} parts */
function show({ stage, steering, sessions, dashboard, panel }) {
  stage.addEventListener('state', (event) => {
    const { state, reason } = /** @type {CustomEvent} */ (event).detail;
    showState(state);
    if (reason === 'lost' || reason === 'ended') notices.warn(say(reason));
  });
  stage.addEventListener('call', (event) => void tried(async () => {
    const call = /** @type {import('./call.js').Call | null} */ (/** @type {CustomEvent} */ (event).detail);
    dashboard.follow(call, stage.after);
    for (const button of ['#snapshot', '#record']) /** @type {HTMLButtonElement} */ (find(button)).disabled = !call;
    const isWatched = find('#stage').dataset.mode === 'watch';
    find('#listen').hidden = !isWatched;
    stage.after.muted = true; // one's own voice would howl
    /** @type {HTMLInputElement} */ (find('#listen input')).checked = false;
    if (!call) find('#format').textContent = '';
    find('#doubt').hidden = true;
    if (!call) panel.tell('');
    sessions.mark(isWatched ? { watched: call?.session } : { own: call?.session });
    if (call) await followEffect(call, stage, steering);
    else steering.release();
    await sessions.load();
    void offerCameras(); // their names are known once one was allowed
  }));
  stage.addEventListener('note', (event) => panel.tell(/** @type {CustomEvent} */ (event).detail.data.note));
  stage.addEventListener('background.failed', (event) => {
    notices.warn(say('backgroundFailed', { reason: /** @type {CustomEvent} */ (event).detail.data.reason }));
  });
  stage.addEventListener('restarted', () => notices.tell(say('restarted')));
  stage.addEventListener('shown', (event) => showDoubt(/** @type {CustomEvent} */ (event).detail.data));
  dashboard.addEventListener('figures', (event) => {
    const { format, keyColor } = /** @type {CustomEvent} */ (event).detail;
    find('#format').textContent = format;
    panel.showMeasured(keyColor);
  });
}

/** The effect as the session has it. @param {import('./call.js').Call} call @param {Stage} stage @param {Steering} steering */
async function followEffect(call, stage, steering) {
  const { effect } = await call.look();
  if (stage.call === call) steering.take(call, effect);
}

/** Why it is not the composite that is shown. @param {{shown: string, reason?: string | null}} news */
function showDoubt({ shown, reason }) {
  const element = find('#doubt');
  element.hidden = shown !== 'held' && shown !== 'cover';
  if (!element.hidden) element.textContent = say(`doubt.${/** @type {'held' | 'cover'} */ (shown)}`, { reason: reason ?? '' });
}

/** @param {string} state */
function showState(state) {
  const element = find('#state');
  element.dataset.state = state;
  element.textContent = say(/** @type {'idle' | 'connecting' | 'connected' | 'reconnecting' | 'closed'} */ (state));
  /** @type {HTMLButtonElement} */ (find('#stop')).disabled = state === 'idle' || state === 'closed';
}

/** @param {{stage: Stage, steering: Steering}} parts */
function startAndStop({ stage, steering }) {
  for (const button of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll('[data-start]'))) {
    const kind = /** @type {'camera' | 'sample'} */ (button.dataset.start);
    button.addEventListener('click', () => tried(async () => {
      if (kind === 'camera' && !navigator.mediaDevices) return notices.warn(say('noSecureContext'));
      await stage.start(kind, { ...wantedSource(), effect: steering.effect });
    }));
  }
  find('#stop').addEventListener('click', () => void stage.stop());
  find('#listen input').addEventListener('change', (event) => {
    stage.after.muted = !(/** @type {HTMLInputElement} */ (event.target).checked);
  });
  // A page that is left hangs up, so that nobody waits for it.
  addEventListener('pagehide', () => void stage.stop());
}

function wantedSource() {
  const [width, height] = /** @type {HTMLSelectElement} */ (find('#size')).value.split('x').map(Number);
  const sound = /** @type {HTMLInputElement} */ (find('#sound input')).checked;
  const deviceId = /** @type {HTMLSelectElement} */ (find('#device select')).value || undefined;
  return { size: { width, height }, sound, deviceId };
}

async function offerCameras() {
  const devices = await cameras();
  const select = /** @type {HTMLSelectElement} */ (find('#device select'));
  const { value } = select;
  select.replaceChildren(...devices.map(({ deviceId, label }) => new Option(label || say('camera'), deviceId)));
  if (devices.some(({ deviceId }) => deviceId === value)) select.value = value;
  find('#device').hidden = devices.length < 2;
}

/** @param {{stage: Stage, server: Server}} parts */
function keep({ stage, server }) {
  find('#snapshot').addEventListener('click', () => tried(async () => {
    const path = `v1/sessions/${stage.call?.session}/snapshot?view=composite`;
    const response = await server.request('GET', path, { headers: { accept: 'image/png' } });
    save(await response.blob(), 'png');
  }));
  /** @type {Recording | null} */
  let recording = null;
  const button = find('#record');
  const draw = () => {
    button.textContent = recording ? say('recording', { seconds: recording.seconds }) : say('record');
    button.setAttribute('aria-pressed', String(Boolean(recording)));
  };
  const stop = () => {
    recording?.stop();
    recording = null;
    draw();
  };
  button.addEventListener('click', () => tried(() => {
    if (recording) return stop();
    if (stage.call) recording = new Recording(stage.call.stream);
    return draw();
  }));
  setInterval(() => recording && draw(), 1000);
  stage.addEventListener('call', stop);
}

/** Somebody else's session: watched, steered, ended. @param {{stage: Stage, sessions: Sessions, server: Server}} parts */
function operate({ stage, sessions, server }) {
  sessions.addEventListener('watch', (event) => tried(() => stage.watch(/** @type {CustomEvent} */ (event).detail.id)));
  sessions.addEventListener('end', (event) => tried(async () => {
    const session = /** @type {CustomEvent} */ (event).detail;
    if (!(await isSure(say('endSure', { name: nameOf(session) })))) return;
    await server.request('DELETE', `v1/sessions/${session.id}`);
    await sessions.load();
  }));
}

/** @param {string} question @returns {Promise<boolean>} */
function isSure(question) {
  const dialog = /** @type {HTMLDialogElement} */ (find('#sure'));
  /** @type {HTMLElement} */ (dialog.querySelector('p')).textContent = question;
  dialog.returnValue = 'no';
  dialog.showModal();
  return new Promise((resolve) => dialog.addEventListener('close', () => resolve(dialog.returnValue === 'yes'), { once: true }));
}

await tried(main);
