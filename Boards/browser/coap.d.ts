/** What one end takes, as its CSM says (RFC 8323 section 5.3, RFC 8974 section 2.2). */
export interface Capabilities {
  /** The largest message, in bytes. */
  maximumMessageSize: number;
  blockWise: boolean;
  /** Blocks of more than 1024 bytes (RFC 8323 section 6). */
  bert: boolean;
  /** In bytes. */
  longestToken: number;
}

export interface Response {
  /** The code as a byte: 0x45 for 2.05. */
  code: number;
  /** The same as text: "2.05". */
  status: string;
  /** Whether the code is of class 2. */
  ok: boolean;
  /** The Content-Format; null when the response does not say. */
  format: number | null;
  /** The whole body, also when it came in blocks. */
  payload: Uint8Array;
  /** The number of a notification (RFC 7641 section 3.4). */
  observe: number;
  /** For how many seconds it is fresh. */
  maxAge: number;
  /** The payload as UTF-8. */
  text(): string;
}

export interface Progress {
  /** Bytes that the peer has acknowledged, or sent. */
  loaded: number;
  /** Bytes in all; null when the peer does not say. */
  total: number | null;
}

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE' | 'FETCH' | 'PATCH' | 'iPATCH';

export interface RequestOptions {
  /** Sent in blocks when it is larger than a message; the options then have numbers up to 23. */
  body?: Uint8Array | string;
  /** Content-Format of the body. */
  format?: number;
  /** The Content-Format that is wanted. */
  accept?: number;
  /** Uri-Query options beside those in the path. */
  query?: string[];
  onProgress?(progress: Progress): void;
  /** Gives the request up. */
  signal?: AbortSignal;
}

/** Representations as they change; leaving the loop ends the observation, and so does `cancel`. */
export interface Observation extends AsyncIterable<Response> {
  cancel(): void;
}

/** A request of the peer for a resource of this page. */
export interface IncomingRequest {
  method: string;
  path: string;
  payload: Uint8Array;
  text(): string;
  format: number | null;
  accept: number | null;
}

export interface Answer {
  /** By default 2.05 to GET and 2.04 to everything else. */
  code?: number;
  /** Content-Format of the payload. */
  format?: number;
  payload?: Uint8Array | string;
}

/** Something that the peer can ask this page for. Methods that it does not have are answered 4.05. */
export interface Resource {
  /** Without a slash at its beginning, at most 64 bytes. */
  path: string;
  /** What `/.well-known/core` says behind the path: `;rt="clock"`. */
  attributes?: string;
  /** Whether it can be observed; say `connection.changed(path)` then. */
  observable?: boolean;
  /** Throw a CoAPError for 4.00 with its text. */
  get?(request: IncomingRequest): Answer | void;
  put?(request: IncomingRequest): Answer | void;
  post?(request: IncomingRequest): Answer | void;
  delete?(request: IncomingRequest): Answer | void;
}

/** A message as the WebSocket carries it. */
export interface LoggedMessage {
  direction: 'sent' | 'received';
  bytes: Uint8Array;
  time: Date;
}

export interface ConnectionOptions {
  /** Up to eight. */
  resources?: Resource[];
  /** Sees every message, after it was taken or handed to the WebSocket. */
  onMessage?(message: LoggedMessage): void;
  /** Sees every request of the peer and what it was answered. */
  onRequest?(request: IncomingRequest, answer: Answer): void;
  /** Where coap.wasm is; by default beside coap.js. */
  wasm?: URL;
}

export interface Inspection {
  code: number;
  token: Uint8Array;
  options: { number: number; value: Uint8Array }[];
  payload: Uint8Array;
}

export declare class Connection {
  readonly state: 'connecting' | 'open' | 'ending' | 'closed';
  readonly capabilities: { ours: Capabilities; theirs: Capabilities | null };
  /** Resolves when the peer's CSM has come; rejects with a CoAPError when there will be none. */
  readonly opened: Promise<Connection>;
  /** Resolves when the connection is over, and says why. */
  readonly closed: Promise<{ reason: string; webSocket: { code: number; reason: string } | null }>;

  /** Any response resolves, also 4.04; rejects with a CoAPError when none will come. */
  request(method: Method, path: string, options?: RequestOptions): Promise<Response>;
  get(path: string, options?: RequestOptions): Promise<Response>;
  put(path: string, body: Uint8Array | string, options?: RequestOptions): Promise<Response>;
  post(path: string, body: Uint8Array | string, options?: RequestOptions): Promise<Response>;
  delete(path: string, options?: RequestOptions): Promise<Response>;
  observe(path: string, options?: Pick<RequestOptions, 'accept' | 'query'>): Observation;

  /** Milliseconds from Ping to Pong; only one at a time. */
  ping(options?: { custody?: boolean }): Promise<number>;
  release(holdOffSeconds?: number): void;
  abort(): void;

  /** Tells whoever observes a resource of this page. */
  changed(path: string): void;
  /** Takes a message of the log apart; null when it is none. */
  inspect(message: Uint8Array): Inspection | null;
}

export declare class CoAPError extends Error {}

/** Codes of the methods. */
export declare const METHOD: Record<Method, number>;
/** 0x45 as "2.05". */
export declare function dotted(code: number): string;
/** Compiles the module, once for all connections. */
export declare function load(url?: URL): Promise<WebAssembly.Module>;
/** Opens `coap+ws://HOST` or `coaps+ws://HOST`, at `/.well-known/coap` unless the URI has another path. */
export declare function connect(url: string, options?: ConnectionOptions): Promise<Connection>;
