// A stream that flashes and beeps at once, each second, and what becomes of it: `signal.begin()`, `signal.watch(...)`.
// Evaluated in the page behind harness.js.
'use strict';
globalThis.signal = (() => {
  const LIT = 180, LOUD = 0.05, LASTS = 0.2, EVERY = 1.0;

  /** A canvas and an oscillator that are switched by one clock. @returns {MediaStream} */
  function begin() {
    const canvas = new OffscreenCanvas(320, 180);
    const generator = new MediaStreamTrackGenerator({ kind: 'video' });
    const frames = generator.writable.getWriter();
    const drawn = canvas.getContext('2d', { alpha: false });
    const audio = new AudioContext({ sampleRate: 48000 });
    const tone = new OscillatorNode(audio, { frequency: 1000 });
    const volume = new GainNode(audio, { gain: 0 });
    const out = new MediaStreamAudioDestinationNode(audio, { channelCount: 1 });
    tone.connect(volume).connect(out);
    tone.start();
    const first = audio.currentTime + 1;
    for (let at = first; at < first + 120; at += EVERY) {
      volume.gain.setValueAtTime(0.5, at);
      volume.gain.setValueAtTime(0, at + LASTS);
    }
    const draw = () => {
      const since = audio.currentTime - first;
      drawn.fillStyle = since >= 0 && since % EVERY < LASTS ? 'white' : 'black';
      drawn.fillRect(0, 0, 320, 180);
      frames.write(new VideoFrame(canvas, { timestamp: Math.round(performance.now() * 1000) })).catch(() => clearInterval(timer));
    };
    const timer = setInterval(draw, 33);
    return new MediaStream([generator, ...out.stream.getAudioTracks()]);
  }

  /** Each time a track passes from dark to light, from silent to loud: seconds of the page's clock. */
  function onsets(track) {
    const times = [];
    const reader = new MediaStreamTrackProcessor({ track, maxBufferSize: 60 }).readable.getReader();
    const look = track.kind === 'video' ? luma : loudness;
    let was = true;
    const run = async () => {
      for (;;) {
        const { value: data, done } = await reader.read();
        if (done) return;
        const now = performance.now();
        const seen = await look(data);
        if (seen.is && !was) times.push((now + seen.later) / 1000);
        was = seen.is;
        data.close();
      }
    };
    run();
    return times;
  }

  async function luma(frame) {
    const rect = { x: 0, y: 0, width: 16, height: 16 };
    const data = new Uint8Array(frame.allocationSize({ rect }));
    await frame.copyTo(data, { rect });
    return { is: data[5 * 16 + 5] > LIT, later: 0 };
  }

  /** `later`: milliseconds from the end of these samples to the first loud one. */
  function loudness(sound) {
    const samples = new Float32Array(sound.numberOfFrames);
    sound.copyTo(samples, { planeIndex: 0, format: 'f32-planar' });
    const first = samples.findIndex((sample) => Math.abs(sample) > LOUD);
    return { is: first >= 0, later: (1000 * (first - samples.length)) / sound.sampleRate };
  }

  const watched = {};

  /** Note both tracks' onsets under a name; a remote sound flows only while somebody plays it. */
  function watch(name, stream) {
    const player = new Audio();
    player.srcObject = stream;
    player.play();
    watched[name] = {
      player,
      video: onsets(stream.getVideoTracks()[0]),
      audio: onsets(stream.getAudioTracks()[0]),
    };
  }

  return { begin, watch, times: (name) => ({ video: watched[name].video, audio: watched[name].audio }) };
})();
