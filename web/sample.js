/**
 * The sample caller: a drawn person who moves before an unevenly lit screen, for whoever has no camera at hand.
 */

const FRAME_RATE = 30;
const SCREEN = ['#35809c', '#2a6a84', '#1d4d61'];
const SKIN = '#c98f6b';
const SHIRT = '#c8553d';
const HAIR = '#33241c';

/**
 * The sample caller as a stream; it ends when its track is stopped.
 * @param {{width: number, height: number}} size @returns {MediaStream}
 */
export function sampleStream({ width, height }) {
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [width, height];
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d', { alpha: false }));
  const stream = canvas.captureStream(FRAME_RATE);
  const [track] = stream.getVideoTracks();
  const scene = screen(width, height);
  const begun = performance.now();
  // A timer, not animation frames: those stop in a page that is not looked at, and the call would freeze.
  const timer = setInterval(() => {
    if (track.readyState === 'ended') return clearInterval(timer);
    context.drawImage(scene, 0, 0);
    drawPerson(context, width, height, (performance.now() - begun) / 1000);
  }, 1000 / FRAME_RATE);
  return stream;
}

/** @param {number} width @param {number} height @returns {HTMLCanvasElement} the screen, lit by a lamp above */
function screen(width, height) {
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [width, height];
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
  const light = context.createRadialGradient(width * 0.42, height * 0.3, 0, width * 0.42, height * 0.3, width * 0.75);
  SCREEN.forEach((color, index) => light.addColorStop(index / (SCREEN.length - 1), color));
  context.fillStyle = light;
  context.fillRect(0, 0, width, height);
  return canvas;
}

/**
 * In units of the picture's height, the middle of its lower edge at (0, 1).
 * @param {CanvasRenderingContext2D} context @param {number} width @param {number} height @param {number} time
 */
function drawPerson(context, width, height, time) {
  const sway = 0.015 * Math.sin(time * 1.1);
  const nod = 0.006 * Math.sin(time * 2.3);
  context.save();
  context.translate(width / 2, 0);
  context.scale(height, height);
  context.translate(sway, 0.01 * Math.sin(time * 1.7));
  drawHair(context, nod, time);
  drawBody(context);
  drawArm(context, 0.35 + 0.25 * Math.sin(time * 3));
  drawHead(context, nod, time);
  context.restore();
}

/** @param {CanvasRenderingContext2D} context @param {number} nod @param {number} time */
function drawHair(context, nod, time) {
  context.fillStyle = context.strokeStyle = HAIR;
  ellipse(context, 0, 0.33 + nod, 0.165, 0.2);
  context.lineWidth = 0.006;
  context.lineCap = 'round';
  for (let strand = 0; strand < 26; strand += 1) {
    const side = strand % 2 ? 1 : -1;
    const root = 0.07 + 0.09 * (strand / 26);
    const tip = root + 0.035 + 0.012 * Math.sin(time * 2 + strand);
    context.beginPath();
    context.moveTo(side * root, 0.3 + nod);
    context.quadraticCurveTo(side * (tip + 0.03), 0.45 + nod, side * tip, 0.56 + 0.02 * Math.sin(strand * 2.4) + nod);
    context.stroke();
  }
}

/** @param {CanvasRenderingContext2D} context */
function drawBody(context) {
  context.fillStyle = SKIN;
  context.fillRect(-0.055, 0.45, 0.11, 0.16);
  const cloth = context.createLinearGradient(-0.35, 0, 0.35, 0);
  cloth.addColorStop(0, '#a34431');
  cloth.addColorStop(0.45, SHIRT);
  cloth.addColorStop(1, '#8f3a2a');
  context.fillStyle = cloth;
  context.beginPath();
  context.moveTo(-0.36, 1.02);
  context.bezierCurveTo(-0.36, 0.68, -0.22, 0.62, -0.07, 0.57);
  context.quadraticCurveTo(0, 0.64, 0.07, 0.57);
  context.bezierCurveTo(0.22, 0.62, 0.36, 0.68, 0.36, 1.02);
  context.fill();
}

/** A hand that waves. @param {CanvasRenderingContext2D} context @param {number} turn radians */
function drawArm(context, turn) {
  context.save();
  context.translate(0.33, 0.86);
  context.rotate(turn);
  context.lineCap = 'round';
  context.strokeStyle = SHIRT;
  context.lineWidth = 0.1;
  line(context, 0, 0, 0.02, -0.2);
  context.strokeStyle = SKIN;
  context.lineWidth = 0.06;
  line(context, 0.02, -0.22, 0.02, -0.3);
  context.lineWidth = 0.022;
  for (let finger = -2; finger <= 2; finger += 1) line(context, 0.02 + finger * 0.012, -0.3, 0.02 + finger * 0.03, -0.4);
  context.restore();
}

/** @param {CanvasRenderingContext2D} context @param {number} nod @param {number} time */
function drawHead(context, nod, time) {
  const face = context.createRadialGradient(-0.03, 0.3, 0.02, 0, 0.35, 0.17);
  face.addColorStop(0, '#dba781');
  face.addColorStop(1, SKIN);
  context.fillStyle = face;
  ellipse(context, 0, 0.36 + nod, 0.115, 0.15);
  context.fillStyle = HAIR;
  context.beginPath();
  context.ellipse(0, 0.27 + nod, 0.13, 0.085, 0, Math.PI, 2 * Math.PI);
  context.quadraticCurveTo(0.03, 0.25 + nod, -0.13, 0.27 + nod);
  context.fill();
  const open = time % 3.4 < 0.12 ? 0.003 : 0.013;
  context.fillStyle = '#2b211d';
  ellipse(context, -0.043, 0.355 + nod, 0.011, open);
  ellipse(context, 0.043, 0.355 + nod, 0.011, open);
  context.strokeStyle = '#8c4a3a';
  context.lineWidth = 0.008;
  context.beginPath();
  context.arc(0, 0.4 + nod, 0.045, 0.25 * Math.PI, 0.75 * Math.PI);
  context.stroke();
}

/** @param {CanvasRenderingContext2D} context @param {number} x @param {number} y @param {number} a @param {number} b */
function ellipse(context, x, y, a, b) {
  context.beginPath();
  context.ellipse(x, y, a, b, 0, 0, 2 * Math.PI);
  context.fill();
}

/** @param {CanvasRenderingContext2D} context @param {number} x @param {number} y @param {number} u @param {number} v */
function line(context, x, y, u, v) {
  context.beginPath();
  context.moveTo(x, y);
  context.lineTo(u, v);
  context.stroke();
}
