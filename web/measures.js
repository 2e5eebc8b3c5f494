/**
 * From two looks at a call's statistics, the browser's and the server's, to the figures of the graphs.
 *
 * @typedef {object} Look
 * @property {number} at milliseconds
 * @property {any} inbound what comes back
 * @property {any} outbound what is sent
 * @property {any} pair of ICE candidates, the one in use
 * @property {any} server
 *
 * @typedef {object} Figures
 * @property {number | null} framesBack per second
 * @property {number | null} framesSent per second
 * @property {number | null} bitrateBack kbit/s
 * @property {number | null} bitrateSent kbit/s
 * @property {number | null} roundTrip ms, of packets
 * @property {number | null} latency ms, a frame's within the server, its median
 * @property {number | null} confidence 0..1
 * @property {number | null} quality 0..1, how good the matte looks
 * @property {number | null} every of how many pictures the network looks at one
 * @property {{name: string, value: number}[]} stages ms per frame
 * @property {string | null} shown what left since the last look: `composite`, `held`, …
 * @property {number | null} dropped frames, since the beginning
 * @property {string | null} keyColor as measured, rrggbb
 * @property {string} format such as `1280 × 720 VP8`
 */

/** @param {import('./call.js').Stats} stats @returns {Look} */
export function look({ server, peer }) {
  const reports = [...peer.values()];
  const video = (/** @type {string} */ type) => reports.find((one) => one.type === type && one.kind === 'video') ?? {};
  const transport = reports.find((one) => one.type === 'transport') ?? {};
  const pairs = reports.filter((one) => one.type === 'candidate-pair');
  const pair = pairs.find((one) => one.id === transport.selectedCandidatePairId) ?? pairs.find((one) => one.nominated) ?? {};
  const inbound = video('inbound-rtp');
  const codec = reports.find((one) => one.id === inbound.codecId)?.mimeType?.split('/')[1] ?? '';
  return { at: performance.now(), inbound: { ...inbound, codec }, outbound: video('outbound-rtp'), pair, server };
}

/** @param {Look} last @param {Look} now @returns {Figures} */
export function figures(last, now) {
  const seconds = (now.at - last.at) / 1000;
  const rate = (/** @type {any} */ earlier, /** @type {any} */ later, /** @type {string} */ name) =>
    later[name] === undefined ? null : Math.max(0, (later[name] - (earlier[name] ?? 0)) / seconds);
  const kilobits = (/** @type {number | null} */ octets) => (octets === null ? null : (octets * 8) / 1000);
  const { frameWidth, frameHeight, codec } = now.inbound;
  return {
    framesBack: rate(last.inbound, now.inbound, 'framesDecoded'),
    framesSent: rate(last.outbound, now.outbound, 'framesEncoded'),
    bitrateBack: kilobits(rate(last.inbound, now.inbound, 'bytesReceived')),
    bitrateSent: kilobits(rate(last.outbound, now.outbound, 'bytesSent')),
    roundTrip: milliseconds(now.pair.currentRoundTripTime),
    format: frameWidth ? `${frameWidth} × ${frameHeight} ${codec}` : '',
    ...served(last.server, now.server),
  };
}

/** What the server tells of its own work. @param {any} last @param {any} now */
function served(last, now) {
  const pipeline = now.pipeline ?? {};
  const stages = Object.entries(pipeline.stages ?? {}).map(([name, times]) => ({ name, value: milliseconds(times.p50) ?? 0 }));
  return {
    latency: milliseconds(now.latency?.p50),
    confidence: pipeline.confidence?.latest ?? null,
    quality: pipeline.quality?.p50 ?? null,
    every: pipeline.inference_every ?? null,
    stages,
    shown: mostShown(last.pipeline?.shown ?? {}, pipeline.shown ?? {}),
    dropped: pipeline.dropped ?? null,
    keyColor: pipeline.key_color ?? null,
  };
}

/** What has been shown most between two looks. @param {Record<string, number>} last @param {Record<string, number>} now */
function mostShown(last, now) {
  const grown = Object.entries(now).map(([kind, count]) => ({ kind, count: count - (last[kind] ?? 0) }));
  const most = grown.sort((one, other) => other.count - one.count)[0];
  return most?.count ? most.kind : null;
}

/** @param {number | null | undefined} seconds */
function milliseconds(seconds) {
  return seconds == null ? null : seconds * 1000;
}
