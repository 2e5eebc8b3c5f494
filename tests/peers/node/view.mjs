/**
 * A player that watches with the npm package whip-whep, unmodified, over @roamhq/wrtc (libwebrtc).
 *
 *     node view.mjs URL [TOKEN]
 *
 * A line of JSON on stdout for each change of the connection and for each frame: its size, and Y, Cb, Cr of its upper
 * left corner. `stop` on stdin hangs up and ends.
 */
import { createInterface } from 'node:readline';

import wrtc from '@roamhq/wrtc';
import { WHEPClient } from 'whip-whep/whep.js';

const [url, token] = process.argv.slice(2);
const tell = (/** @type {object} */ what) => process.stdout.write(`${JSON.stringify(what)}\n`);

const pc = new wrtc.RTCPeerConnection();
pc.addTransceiver('video', { direction: 'recvonly' });
pc.addEventListener('connectionstatechange', () => tell({ state: pc.connectionState }));
pc.addEventListener('track', ({ track }) => {
  const sink = new wrtc.nonstandard.RTCVideoSink(track);
  sink.onframe = ({ frame: { width, height, data } }) => {
    const chroma = (Math.ceil(width / 2) * height) / 2;
    const at = [8 * width + 8, width * height + 4 * (width / 2) + 4];
    tell({ frame: [width, height], corner: [data[at[0]], data[at[1]], data[at[1] + chroma]] });
  };
});

const client = new WHEPClient();
await client.view(pc, url, token).catch((error) => {
  tell({ refused: error.message });
  process.exit(1);
});
tell({ resource: String(client.resourceURL), etag: client.etag });

for await (const line of createInterface({ input: process.stdin })) if (line === 'stop') break;
await client.stop();
tell({ stopped: true });
process.exit(0);
