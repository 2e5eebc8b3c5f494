/**
 * changebg's HTTP API: requests with a token, refusals as `Problem`, events as they come.
 *
 * @typedef {{id: string | null, type: string, data: any}} ServerEvent
 */
/** What the server answers when it refuses (RFC 9457): `message` is a sentence for people. */
export class Problem extends Error {
    /** @param {number} status @param {any} document @param {number | null} [retryAfter] seconds */
    constructor(status: number, document: any, retryAfter?: number | null);
    status: number;
    title: string;
    /** What is wrong where, of a body that was refused: JSON pointers. @type {{pointer: string, detail: string}[]} */
    errors: {
        pointer: string;
        detail: string;
    }[];
    retryAfter: number | null;
}
/** The server's HTTP API, with a token. */
export class Server {
    /** @param {string | URL} [base] @param {string} [token] */
    constructor(base?: string | URL, token?: string);
    base: URL;
    token: string;
    /**
     * One request. `json` becomes its body.
     * @param {string} method @param {string | URL} path
     * @param {RequestInit & {json?: unknown, headers?: Record<string, string>}} [options]
     * @returns {Promise<Response>}
     * @throws {Problem} where the answer is no success
     */
    request(method: string, path: string | URL, { json, headers, ...options }?: RequestInit & {
        json?: unknown;
        headers?: Record<string, string>;
    }): Promise<Response>;
    /** @param {string | URL} path @returns {Promise<any>} */
    get(path: string | URL): Promise<any>;
    /** What it names for NAT traversal; nothing where it has none, or does not tell. @returns {Promise<RTCIceServer[]>} */
    iceServers(): Promise<RTCIceServer[]>;
    /**
     * The server's events from now on, or from the event `after` on; ends with the connection.
     * @param {{session?: string, after?: string | null, signal?: AbortSignal}} [options]
     * @returns {AsyncGenerator<ServerEvent>}
     */
    events({ session, after, signal }?: {
        session?: string;
        after?: string | null;
        signal?: AbortSignal;
    }): AsyncGenerator<ServerEvent>;
}
/**
 * changebg's HTTP API: requests with a token, refusals as `Problem`, events as they come.
 */
export type ServerEvent = {
    id: string | null;
    type: string;
    data: any;
};
