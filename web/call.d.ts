/**
 * What is done to the picture; names as on the command line, described by the server's /openapi.json.
 * @typedef {{[name: string]: unknown}} Effect
 */
/**
 * What a call is made of.
 * @typedef {object} ConnectOptions
 * @property {string | URL} [server] where changebg serves; this module's own origin unless given
 * @property {string} [token] what lets you in, where the server asks for it
 * @property {MediaStream} [stream] what you send: a camera, a screen, a canvas; without it you `watch`
 * @property {Effect} [effect] where the call begins; the server's default unless given
 * @property {string} [profile] the name of an effect kept on the server, in place of `effect`
 * @property {{[name: string]: string}} [labels] what the session is listed under
 * @property {string} [watch] the id of a running session whose picture you want, in place of your own
 * @property {{id: string, token: string}} [session] a call that was lost, with its page: it goes on
 * @property {RTCIceServer[]} [iceServers] the server's unless given
 * @property {'H264' | 'VP8'} [codec] the codec to prefer; the browser's choice unless given
 */
/** @typedef {'connecting' | 'connected' | 'reconnecting' | 'closed'} State */
/** @typedef {{effect: Effect, appliedAt: number, etag: string | null}} Updated an effect that holds since `appliedAt`, unix seconds */
/** @typedef {{server: any, peer: RTCStatsReport}} Stats the server's and the browser's, under webrtc-stats' names where it has one */
/**
 * Begin a call; it stands when the promise does.
 * @param {ConnectOptions} options
 * @returns {Promise<Call>}
 * @throws {Problem} where the server refuses
 */
export function connect(options: ConnectOptions): Promise<Call>;
export const version: "1.0.0";
/** A call. Its functions keep their `this`: `const { stream, update, close } = await connect(…)` works. */
export class Call {
    /** @param {ConnectOptions} options */
    constructor(options: ConnectOptions);
    /** What comes back: hand it to a video element once. */
    stream: MediaStream;
    /**
     * `state` {state}, `restarted` {session}, and what the server tells of this session: `shown`, `note`,
     * `effect.changed`, … Each is a CustomEvent with its `detail`.
     */
    events: EventTarget;
    /** The session's id: under it the server's API knows the call. */
    get session(): string;
    /** What the session alone is steered with, and re-attached after a reload; empty where one only watches. */
    get token(): string;
    get state(): State;
    /** `connect` calls it, once. */
    open(): Promise<void>;
    /**
     * Change the effect by a merge patch: what is not named stays, null takes a thing back to its default.
     * @param {Effect} effect
     * @param {{ifMatch?: string}} [options]
     * @returns {Promise<Updated>}
     */
    update: (effect: Effect, { ifMatch }?: {
        ifMatch?: string;
    }) => Promise<Updated>;
    /** The session as the server has it: its state, its ends, its effect. @returns {Promise<any>} */
    look: () => Promise<any>;
    /** @returns {Promise<Stats>} */
    stats: () => Promise<Stats>;
    /** End the call, also on the server; `stream`'s sender is yours to stop. @returns {Promise<void>} */
    close: () => Promise<void>;
    #private;
}
/**
 * What is done to the picture; names as on the command line, described by the server's /openapi.json.
 */
export type Effect = {
    [name: string]: unknown;
};
/**
 * What a call is made of.
 */
export type ConnectOptions = {
    /**
     * where changebg serves; this module's own origin unless given
     */
    server?: string | URL | undefined;
    /**
     * what lets you in, where the server asks for it
     */
    token?: string | undefined;
    /**
     * what you send: a camera, a screen, a canvas; without it you `watch`
     */
    stream?: MediaStream | undefined;
    /**
     * where the call begins; the server's default unless given
     */
    effect?: Effect | undefined;
    /**
     * the name of an effect kept on the server, in place of `effect`
     */
    profile?: string | undefined;
    /**
     * what the session is listed under
     */
    labels?: {
        [name: string]: string;
    } | undefined;
    /**
     * the id of a running session whose picture you want, in place of your own
     */
    watch?: string | undefined;
    /**
     * a call that was lost, with its page: it goes on
     */
    session?: {
        id: string;
        token: string;
    } | undefined;
    /**
     * the server's unless given
     */
    iceServers?: RTCIceServer[] | undefined;
    /**
     * the codec to prefer; the browser's choice unless given
     */
    codec?: "H264" | "VP8" | undefined;
};
export type State = "connecting" | "connected" | "reconnecting" | "closed";
/**
 * an effect that holds since `appliedAt`, unix seconds
 */
export type Updated = {
    effect: Effect;
    appliedAt: number;
    etag: string | null;
};
/**
 * the server's and the browser's, under webrtc-stats' names where it has one
 */
export type Stats = {
    server: any;
    peer: RTCStatsReport;
};
import { Problem } from './api.js';
import { Server } from './api.js';
export { Problem, Server };
