/** Where a call's pictures come from: a camera, or the sample caller. */
import { sampleStream } from './sample.js';

/** @typedef {{width: number, height: number}} Size */

/**
 * The camera, and the microphone where it is wanted and there is one.
 * @param {{size: Size, sound: boolean, deviceId?: string}} wanted @returns {Promise<MediaStream>}
 * @throws {DOMException} there is none, or it may not be used
 */
export async function cameraStream({ size, sound, deviceId }) {
  // Portrait phones turn the picture by themselves: the sizes are wishes.
  const video = {
    width: { ideal: size.width },
    height: { ideal: size.height },
    frameRate: { ideal: 30, max: 30 },
    ...(deviceId ? { deviceId: { exact: deviceId } } : { facingMode: 'user' }),
  };
  const { mediaDevices } = navigator;
  if (!sound) return mediaDevices.getUserMedia({ video });
  try {
    return await mediaDevices.getUserMedia({ video, audio: { echoCancellation: true } });
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
    return mediaDevices.getUserMedia({ video }); // a silent call is better than none
  }
}

/** Portrait where the window is. @param {Size} size @returns {MediaStream} */
export function sampleCaller({ width, height }) {
  const isPortrait = matchMedia('(orientation: portrait)').matches;
  return sampleStream(isPortrait ? { width: height, height: width } : { width, height });
}

/** The cameras there are; named once one has been allowed. */
export async function cameras() {
  const devices = await navigator.mediaDevices?.enumerateDevices().catch(() => []) ?? [];
  return devices.filter((device) => device.kind === 'videoinput' && device.deviceId);
}

/** @param {MediaStream | null} stream */
export function stopStream(stream) {
  for (const track of stream?.getTracks() ?? []) track.stop();
}
