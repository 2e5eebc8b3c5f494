/**
 * A camera that publishes with the npm package whip-whep, unmodified, over @roamhq/wrtc (libwebrtc).
 *
 *     node publish.mjs URL [TOKEN]
 *
 * Before a green screen somebody in a red shirt moves to and fro. A line of JSON on stdout for each change of the
 * connection; `restart` on stdin restarts ICE, `stop` hangs up and ends.
 */
import { createInterface } from 'node:readline';

import wrtc from '@roamhq/wrtc';
import { WHIPClient } from 'whip-whep/whip.js';

const [url, token] = process.argv.slice(2);
const [width, height, fps] = [640, 360, 30];
const screen = { y: 100, u: 90, v: 80 }; // about 1f8a3c
const shirt = { y: 90, u: 110, v: 190 };

const tell = (/** @type {object} */ what) => process.stdout.write(`${JSON.stringify(what)}\n`);

/** One frame of planar 4:2:0. @param {number} number */
function picture(number) {
  const data = new Uint8ClampedArray((width * height * 3) / 2);
  const [left, top, right] = [220 + Math.round(60 * Math.sin(number / 20)), 80, 200];
  fill(data, 0, width, height, screen.y, [left, top, right], shirt.y, 1);
  fill(data, width * height, width / 2, height / 2, screen.u, [left, top, right], shirt.u, 2);
  fill(data, (width * height * 5) / 4, width / 2, height / 2, screen.v, [left, top, right], shirt.v, 2);
  return { width, height, data };
}

/** A plane: a body, wide at the shoulders, before the screen. */
function fill(data, start, columns, rows, behind, [left, top, across], before, step) {
  data.fill(behind, start, start + columns * rows);
  for (let row = Math.floor(top / step); row < rows; row += 1) {
    const from = start + row * columns + Math.floor(left / step);
    data.fill(before, from, from + Math.floor(across / step));
  }
}

const source = new wrtc.nonstandard.RTCVideoSource();
const pc = new wrtc.RTCPeerConnection();
pc.addTransceiver(source.createTrack(), { direction: 'sendonly' });
pc.addEventListener('connectionstatechange', () => tell({ state: pc.connectionState }));

const client = new WHIPClient();
await client.publish(pc, url, token).catch((error) => {
  tell({ refused: error.message });
  process.exit(1);
});
tell({ resource: String(client.resourceURL), etag: client.etag, servers: pc.getConfiguration().iceServers ?? [] });

let number = 0;
const camera = setInterval(() => source.onFrame(picture((number += 1))), 1000 / fps);
for await (const line of createInterface({ input: process.stdin })) {
  if (line === 'restart') {
    const answer = await client.restart().then(() => 'restarted', (error) => error.message);
    tell({ restart: answer });
  }
  if (line === 'stop') break;
}
clearInterval(camera);
await client.stop();
tell({ stopped: true });
process.exit(0);
