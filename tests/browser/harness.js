// In every page of a test: reads the burnt frame numbers (tests/framecode.py) of tracks, and makes bare calls.
// Not a module: the browser runs it before the page's own scripts, and `harness` is its one name.
'use strict';
globalThis.harness = (() => {
  const ROWS = 4, PAIRS = 8, LEAST_DIFFERENCE = 24, CORNER = 16;

  /** The blocks' borders in pixels, as framecode._edges has them. */
  function edges(width, height) {
    const block = 20 * Math.min(width / 720, height / 900);
    const top = Array.from({ length: ROWS + 1 }, (_, i) => Math.round(height - (7 - i) * block));
    const left = Array.from({ length: 2 * PAIRS + 1 }, (_, i) => Math.round(width / 2 + (i - PAIRS) * block));
    return { top, left };
  }

  function crc(number) {
    let value = 0xff;
    for (const byte of [number >> 16, (number >> 8) & 0xff, number & 0xff]) {
      value ^= byte;
      for (let i = 0; i < 8; i += 1) value = value & 0x80 ? ((value << 1) ^ 0x07) & 0xff : value << 1;
    }
    return value;
  }

  /** Copies of the planes of a part of a frame: {y, cb, cr, stride, chromaStride, step}. */
  async function planes(frame, rect) {
    const data = new Uint8Array(frame.allocationSize({ rect }));
    const [y, cb, cr] = await frame.copyTo(data, { rect });
    if (frame.format === 'NV12') return { data, y, cb, cr: { ...cb, offset: cb.offset + 1 }, step: 2 };
    if (frame.format === 'I420' || frame.format === 'I420A') return { data, y, cb, cr, step: 1 };
    throw new Error(`frames of format ${frame.format}`);
  }

  function mean(data, { offset, stride }, [x0, x1], [y0, y1], step = 1) {
    let sum = 0;
    for (let row = y0; row < y1; row += 1) {
      for (let column = x0; column < x1; column += 1) sum += data[offset + row * stride + column * step];
    }
    return sum / ((x1 - x0) * (y1 - y0));
  }

  /** The number in a frame, or null. */
  async function number(frame) {
    const { width, height, x, y } = frame.visibleRect;
    const { top, left } = edges(width, height);
    const rect = { x: (x + left[0]) & ~1, y: (y + top[0]) & ~1 };
    rect.width = (x + left.at(-1) - rect.x + 1) & ~1;
    rect.height = Math.min((y + top.at(-1) - rect.y + 1) & ~1, frame.codedHeight - rect.y);
    const copy = await planes(frame, rect);
    let word = 0n;
    for (let bit = 0; bit < ROWS * PAIRS; bit += 1) {
      const row = Math.floor(bit / PAIRS), column = 2 * (bit % PAIRS);
      const levels = [column, column + 1].map((c) => {
        const dx = (left[c + 1] - left[c]) >> 2, dy = (top[row + 1] - top[row]) >> 2;
        const across = [left[c] + dx, left[c + 1] - dx].map((v) => v + x - rect.x);
        const down = [top[row] + dy, top[row + 1] - dy].map((v) => v + y - rect.y);
        return mean(copy.data, copy.y, across, down);
      });
      if (Math.abs(levels[0] - levels[1]) < LEAST_DIFFERENCE) return null;
      word = (word << 1n) | BigInt(levels[0] > levels[1]);
    }
    const value = Number(word >> 8n);
    return crc(value) === Number(word & 0xffn) ? value : null;
  }

  /** [y, cb, cr] of the two upper corners, where nothing but the background can be. */
  async function corners(frame) {
    const { x, y, width } = frame.visibleRect;
    const seen = [];
    for (const at of [x, x + width - CORNER]) {
      const copy = await planes(frame, { x: at & ~1, y, width: CORNER, height: CORNER });
      const half = [0, CORNER / 2];
      seen.push([
        mean(copy.data, copy.y, [0, CORNER], [0, CORNER]),
        mean(copy.data, copy.cb, half, half, copy.step),
        mean(copy.data, copy.cr, half, half, copy.step),
      ]);
    }
    return seen;
  }

  const watches = new Map();
  const statistics = new Map();

  /** Note every frame of a track under a name, until the track ends. */
  function watch(name, track) {
    const frames = [];
    watches.set(name, frames);
    const reader = new MediaStreamTrackProcessor({ track, maxBufferSize: 60 }).readable.getReader();
    const run = async () => {
      for (;;) {
        const { value: frame, done } = await reader.read();
        if (done) return;
        const at = performance.now();
        try {
          const { width, height } = frame.visibleRect;
          frames.push({ at, width, height, number: await number(frame), corners: await corners(frame) });
        } finally {
          frame.close();
        }
      }
    };
    run().catch((error) => frames.push({ at: performance.now(), error: String(error) }));
  }

  /** Note a connection's webrtc-stats under a name, each `every` milliseconds, until it is closed. */
  function measure(name, pc, every = 250) {
    const samples = [];
    statistics.set(name, samples);
    const take = async () => {
      const report = [...(await pc.getStats()).values()];
      const of = (type) => report.find((one) => one.type === type && (one.kind ?? 'video') === 'video') ?? {};
      const pair = report.find((one) => one.type === 'candidate-pair' && one.nominated) ?? {};
      samples.push({ at: performance.now(), outbound: of('outbound-rtp'), inbound: of('inbound-rtp'), pair });
    };
    const timer = setInterval(() => (pc.signalingState === 'closed' ? clearInterval(timer) : take()), every);
    take();
  }

  /** The fake camera, or a part of it. */
  function camera({ width = 1280, height = 720, frameRate = 30, audio = false } = {}) {
    const exactly = { width: { exact: width }, height: { exact: height }, frameRate: { ideal: frameRate } };
    return navigator.mediaDevices.getUserMedia({ video: exactly, audio });
  }

  /** Let one codec lead in all that a connection sends: 'H264' or 'VP8'. */
  function prefer(pc, codec) {
    const { codecs } = RTCRtpReceiver.getCapabilities('video');
    const named = codecs.filter((one) => one.mimeType === `video/${codec}`);
    if (!named.length) throw new Error(`this browser has no ${codec}`);
    const helping = codecs.filter((one) => /\/(rtx|red|ulpfec)$/.test(one.mimeType));
    for (const transceiver of pc.getTransceivers()) {
      const { kind } = transceiver.receiver.track;
      if (kind === 'video') transceiver.setCodecPreferences([...named, ...helping]);
    }
  }

  /** A connection that sends `stream` and waits, `gathered`, to be offered whole. */
  async function offering(stream, { codec, iceServers = [], iceTransportPolicy = 'all' } = {}) {
    const pc = new RTCPeerConnection({ iceServers, iceTransportPolicy, bundlePolicy: 'max-bundle' });
    for (const track of stream.getTracks()) pc.addTransceiver(track, { direction: 'sendrecv', streams: [stream] });
    if (codec) prefer(pc, codec);
    const back = new Promise((resolve) => pc.addEventListener('track', (event) => {
      if (event.track.kind === 'video') resolve(event.track);
    }));
    await pc.setLocalDescription();
    await gathered(pc);
    return { pc, back };
  }

  function gathered(pc) {
    if (pc.iceGatheringState === 'complete') return Promise.resolve();
    return new Promise((resolve) => pc.addEventListener('icegatheringstatechange', () => {
      if (pc.iceGatheringState === 'complete') resolve();
    }));
  }

  /** Watch what is sent as `${name}-sent`, what comes back as `${name}-back`, and the statistics as `name`. */
  async function observe(name, stream, pc, back) {
    watch(`${name}-sent`, stream.getVideoTracks()[0].clone());
    measure(name, pc);
    watch(`${name}-back`, await back);
  }

  const calls = new Map();

  /** A bare call through POST /v1/offer; `body` is added to what is posted. Resolves to the answer. */
  async function offer(name, { url = '/v1/offer', body = {}, headers = {}, camera: wanted = {}, ...how } = {}) {
    const stream = await camera(wanted);
    const { pc, back } = await offering(stream, how);
    const posted = performance.now();
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ sdp: pc.localDescription.sdp, type: 'offer', ...body }),
    });
    const answer = await response.json();
    if (!response.ok) throw new Error(`${response.status} ${JSON.stringify(answer)}`);
    calls.set(name, { pc, stream, posted });
    await pc.setRemoteDescription({ type: 'answer', sdp: answer.sdp });
    await observe(name, stream, pc, back);
    return { ...answer, posted };
  }

  /** The same frames through libwebrtc alone: a second connection in this page that sends back what it gets. */
  async function loopback(name, { camera: wanted = {}, ...how } = {}) {
    const stream = await camera(wanted);
    const { pc, back } = await offering(stream, how);
    const far = new RTCPeerConnection();
    const posted = performance.now();
    await far.setRemoteDescription(pc.localDescription);
    for (const transceiver of far.getTransceivers()) {
      transceiver.direction = 'sendrecv';
      await transceiver.sender.replaceTrack(transceiver.receiver.track);
    }
    await far.setLocalDescription();
    await gathered(far);
    calls.set(name, { pc, far, stream, posted });
    await pc.setRemoteDescription(far.localDescription);
    await observe(name, stream, pc, back);
    return { posted, sdp: far.localDescription.sdp };
  }

  /** End a call of `offer` or `loopback`; what was noted of it stays. */
  function hangUp(name) {
    const { pc, far, stream } = calls.get(name);
    pc.close();
    far?.close();
    for (const track of stream.getTracks()) track.stop();
    calls.delete(name);
  }

  return {
    watch, measure, camera, prefer, offering, gathered, observe, offer, loopback, hangUp, calls,
    frames: (name) => watches.get(name) ?? [],
    statistics: (name) => JSON.parse(JSON.stringify(statistics.get(name) ?? [])),
  };
})();
