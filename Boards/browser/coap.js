// A CoAP endpoint in a web page: client and server on one WebSocket (RFC 8323 section 4).
//
// The protocol is DeviceCore, in coap.wasm. This file gives it what a board gives it: a transport, the time, random
// bits and memory for bodies. Types and documentation are in coap.d.ts.

const PROTOCOL = 'coap';
const SLOTS = 16;
const MASK = 2 ** 32;
// Above this the WebSocket gets nothing more until it has sent some.
const LARGEST_BACKLOG = 1 << 20;

// As in Exchange.swift and PageEvent.swift.
const KIND = { download: 0, nextDownload: 1, upload: 2, nextUpload: 3, observe: 4, forget: 6 };
const STEP = { part: 0, last: 1, restart: 2, broken: 3 };
const EVENT = {
  capabilities: 1, response: 2, notification: 3, failed: 4, pong: 5, release: 6, aborted: 7, closed: 8,
};
const WORD = {
  slot: 0, first: 1, second: 2, third: 3, fourth: 4, code: 5, format: 6, observe: 7, maxAge: 8, payload: 9,
  payloadByteCount: 10, output: 11, outputByteCount: 12, inbox: 13, scratch: 14, scratchByteCount: 15,
  largestMessage: 16,
};
const NO_ROOM = 4;
const COMMAND_ERRORS = [
  '', 'the connection is not open yet', 'the connection is ending', 'too many requests under way',
  'no room to send now', 'larger than the peer takes', 'not a legal message', 'no such request', 'token too long',
];
const FAILURES = [
  '', 'timed out', 'the connection ended', 'the response has a critical option that is not known',
  'the response is too large',
];
const ENDS = [
  '', 'the board broke a rule', 'aborted by this page', 'aborted by the board', 'released by the board', 'released',
  'released, but the board did not close', 'closed by the board', 'closed within a message',
  'the board does not answer', 'the board does not read', 'the connection broke',
];

export const METHOD = { GET: 1, POST: 2, PUT: 3, DELETE: 4, FETCH: 5, PATCH: 6, iPATCH: 7 };

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const bytesOf = (body) => (typeof body === 'string' ? encoder.encode(body) : body ?? new Uint8Array());

/** 0x45 is written 2.05. */
export const dotted = (code) => `${code >> 5}.${String(code & 31).padStart(2, '0')}`;

/** Why a request or a connection failed, in a sentence. */
export class CoAPError extends Error {}

let compiled;

/** Compiles coap.wasm, which lies beside this file, once. */
export function load(url = new URL('coap.wasm', import.meta.url)) {
  compiled ??= fetch(url).then(async (response) => {
    if (!response.ok) throw new CoAPError(`${url}: ${response.status}`);
    return WebAssembly.compile(await response.arrayBuffer());
  });
  return compiled;
}

/** Opens a connection; `await connection.opened` waits for the capabilities of both ends. */
export async function connect(url, options = {}) {
  return new Connection(await load(options.wasm), url, options);
}

/** A response, or a notification: code, format, payload and, of one that came in blocks, the whole body. */
class Response {
  constructor(code, format, payload, observe, maxAge) {
    Object.assign(this, { code, format, payload, observe, maxAge, ok: code >> 5 === 2, status: dotted(code) });
  }
  text() { return decoder.decode(this.payload); }
}

export class Connection {
  #socket; #board; #bytes; #words; #timer; #options;
  #inbox = [];
  #slots = Array(SLOTS).fill(null);
  #waiting = [];
  #pings = [];
  #isPumping = false;
  #isOver = false;
  #resources;

  /** 'connecting', 'open', 'ending' or 'closed'. */
  state = 'connecting';
  /** What each end takes, as its CSM says; the peer's is null until that has come. */
  capabilities = { ours: null, theirs: null };

  constructor(module, url, options) {
    this.#options = options;
    this.#resources = options.resources ?? [];
    this.opened = new Promise((resolve, reject) => { this.settleOpened = { resolve, reject }; });
    this.closed = new Promise((resolve) => { this.settleClosed = resolve; });
    // Who does not wait for it hears of it through `closed`.
    this.opened.catch(() => {});
    const page = { respond: (...call) => this.#respond(...call), links: () => this.#writeLinks() };
    this.#board = new WebAssembly.Instance(module, { page }).exports;
    // Nothing allocates, so the memory never grows and these views stay valid.
    this.#bytes = new Uint8Array(this.#board.memory.buffer);
    this.#words = new Uint32Array(this.#board.memory.buffer, this.#board.coap_words(), 17);
    this.#resources.forEach((resource, index) => {
      const count = this.#writeScratch(encoder.encode(resource.path));
      if (this.#board.coap_publish(index, count, resource.observable ? 1 : 0)) {
        throw new CoAPError(`there is no place for /${resource.path}`);
      }
    });
    const size = this.#word(WORD.largestMessage);
    this.capabilities.ours = { maximumMessageSize: size, blockWise: true, bert: size > 1152, longestToken: 8 };
    const target = new URL(url.replace(/^coap(s?)\+ws:/, 'ws$1:'));
    if (target.pathname === '/') target.pathname = '/.well-known/coap';
    this.#socket = new WebSocket(target, PROTOCOL);
    this.#socket.binaryType = 'arraybuffer';
    this.#socket.onopen = () => {
      this.#board.coap_start(crypto.getRandomValues(new Uint32Array(1))[0], now());
      this.#pump();
    };
    this.#socket.onmessage = ({ data }) => {
      // A text is no CoAP message: as no bytes at all it is refused.
      this.#inbox.push(typeof data === 'string' ? new Uint8Array() : new Uint8Array(data));
      this.#pump();
    };
    this.#socket.onclose = (event) => this.#didClose(event);
  }

  // Commands

  get(path, options) { return this.request('GET', path, options); }
  put(path, body, options) { return this.request('PUT', path, { ...options, body }); }
  post(path, body, options) { return this.request('POST', path, { ...options, body }); }
  delete(path, options) { return this.request('DELETE', path, options); }

  /** Sends a request; bodies of any size go in blocks both ways. */
  request(method, path, { body, format, accept, query, onProgress, signal } = {}) {
    return new Promise((resolve, reject) => {
      const hasBody = body !== undefined;
      this.#enqueue({
        method: METHOD[method], kind: hasBody ? KIND.upload : KIND.download, body: bytesOf(body), offset: 0,
        options: encodeOptions(path, { format, accept, query }), parts: [], loaded: 0,
        onProgress, resolve, reject,
      }, signal);
    });
  }

  /** Observes a resource: an asynchronous iterator over its representations. */
  observe(path, { accept, query } = {}) {
    const queue = [];
    let wake = null, failure = null, isDone = false;
    const notify = () => { wake?.(); wake = null; };
    const entry = {
      method: METHOD.GET, kind: KIND.observe, body: bytesOf(), offset: 0, isObservation: true,
      options: encodeOptions(path, { accept, query }), parts: [], loaded: 0,
      next: (response) => { queue.push(response); notify(); },
      // A plain response ends it, or there never was one.
      resolve: (response) => { queue.push(response); isDone = true; notify(); },
      reject: (error) => { failure = error; notify(); },
      // A notification with the first block of a body: the rest is fetched like any other.
      refetch: () => this.get(path, { accept, query }).then(entry.next, () => {}),
    };
    this.#enqueue(entry);
    const cancel = () => {
      if (!isDone) this.#forget(entry);
      isDone = true;
      notify();
    };
    return {
      cancel,
      async *[Symbol.asyncIterator]() {
        try {
          while (true) {
            while (queue.length) yield queue.shift();
            if (failure) throw failure;
            if (isDone) return;
            await new Promise((resolve) => { wake = resolve; });
          }
        } finally {
          cancel();
        }
      },
    };
  }

  /** Sends a Ping; the promise has the milliseconds until the Pong. */
  ping({ custody = false } = {}) {
    return new Promise((resolve, reject) => {
      const error = this.#board.coap_ping(custody ? 1 : 0, now());
      if (error) return reject(new CoAPError(COMMAND_ERRORS[error]));
      this.#pings.push({ start: performance.now(), resolve, reject });
      this.#pump();
    });
  }

  /** Ends the connection in order: what is under way is answered first. */
  release(holdOffSeconds = 0) {
    if (this.#socket.readyState === WebSocket.CONNECTING) return this.#socket.close();
    this.state = 'ending';
    this.#board.coap_release(holdOffSeconds, now());
    this.#pump();
  }

  /** Ends the connection at once. */
  abort() {
    if (this.#socket.readyState === WebSocket.CONNECTING) return this.#socket.close();
    this.#board.coap_abort(now());
    this.#pump();
  }

  /** A resource of this page has changed: whoever observes it hears of it. */
  changed(path) {
    const index = this.#resources.findIndex((resource) => resource.path === path);
    if (index >= 0) this.#board.coap_changed(index);
    queueMicrotask(() => this.#pump());
  }

  /** Takes a message apart, as the log has it; null when it is none. */
  inspect(message) {
    const start = this.#word(WORD.inbox);
    if (message.length > this.#word(WORD.largestMessage)) return null;
    this.#bytes.set(message, start);
    const count = this.#board.coap_inspect(message.length);
    if (count < 0) return null;
    const table = new Uint32Array(this.#board.memory.buffer, this.#word(WORD.scratch), 2 * count);
    const options = [];
    for (let index = 0; index < count; index++) {
      const [head, offset] = [table[2 * index], table[2 * index + 1]];
      options.push({ number: head >>> 16, value: message.slice(offset, offset + (head & 0xffff)) });
    }
    const payload = message.slice(message.length - this.#word(WORD.payloadByteCount));
    const tokenStart = { 13: 3, 14: 4 }[message[0] & 15] ?? 2;
    const token = message.slice(tokenStart, tokenStart + this.#word(WORD.first));
    return { code: this.#word(WORD.code), token, options, payload };
  }

  // Moving messages

  #word(word) { return this.#words[word]; }

  #writeScratch(bytes, offset = 0) {
    this.#bytes.set(bytes, this.#word(WORD.scratch) + offset);
    return bytes.length;
  }

  #log(direction, bytes) { this.#options.onMessage?.({ direction, bytes, time: new Date() }); }

  /** All that can be done now; then a timer for what is due later. */
  #pump() {
    if (this.#isPumping || this.#isOver || this.#socket.readyState === WebSocket.CONNECTING) return;
    this.#isPumping = true;
    try {
      while (this.#receive() | this.#tellEvents() | this.#startRequests() | this.#send());
      this.#closeIfDue();
    } finally {
      this.#isPumping = false;
    }
    clearTimeout(this.#timer);
    let wait = this.#isOver ? -1 : this.#board.coap_deadline(now());
    // A WebSocket does not say when it has sent what it holds.
    if (this.#socket.bufferedAmount > LARGEST_BACKLOG) wait = 10;
    if (wait >= 0) this.#timer = setTimeout(() => this.#pump(), wait);
  }

  #receive() {
    const message = this.#inbox[0];
    if (!message) return 0;
    const present = message.subarray(0, this.#word(WORD.largestMessage));
    this.#bytes.set(present, this.#word(WORD.inbox));
    if (!this.#board.coap_receive(present.length, message.length, now())) return 0;
    this.#inbox.shift();
    this.#log('received', message);
    return 1;
  }

  #tellEvents() {
    let count = 0;
    for (let event; (event = this.#board.coap_poll(now())); count++) this.#tell(event);
    return count;
  }

  #send() {
    let count = 0;
    for (let pending; this.#socket.bufferedAmount <= LARGEST_BACKLOG
      && (pending = this.#board.coap_output()); count++) {
      const start = this.#word(WORD.output);
      const message = this.#bytes.slice(start, start + this.#word(WORD.outputByteCount));
      // After the end of the WebSocket this does nothing, as everything it would send.
      this.#socket.send(message);
      this.#board.coap_sent(pending, now());
      this.#log('sent', message);
    }
    return count;
  }

  #closeIfDue() {
    const action = this.#board.coap_transport();
    if (action === 0) return;
    this.state = this.#isOver ? 'closed' : 'ending';
    if (action === 1) this.#board.coap_finished_writing(now());
    this.#socket.close(1000);
    this.#tellEvents();
  }

  #didClose({ code, reason, wasClean }) {
    this.#closeEvent = { code, reason };
    if (this.capabilities.theirs === null && !this.#isOver && this.state === 'connecting') {
      return this.#finish(reason || 'no connection to the board');
    }
    if (wasClean) this.#board.coap_receive_end(now());
    else this.#board.coap_fail();
    this.#pump();
    // Whatever was still waiting for something: there is no transport any more.
    this.#board.coap_fail();
    this.#pump();
    this.#finish(ENDS[11]);
  }

  #closeEvent = null;

  #finish(reason) {
    if (this.#isOver) return;
    this.#isOver = true;
    this.state = 'closed';
    clearTimeout(this.#timer);
    const error = new CoAPError(reason);
    this.settleOpened.reject(error);
    for (const ping of this.#pings.splice(0)) ping.reject(error);
    for (const entry of this.#waiting.splice(0)) entry.reject(error);
    for (const entry of this.#slots.splice(0)) entry?.reject(error);
    this.settleClosed({ reason, webSocket: this.#closeEvent });
  }

  #payload() {
    const start = this.#word(WORD.payload);
    return this.#bytes.slice(start, start + this.#word(WORD.payloadByteCount));
  }

  #tell(event) {
    switch (event) {
      case EVENT.capabilities: {
        const flags = this.#word(WORD.second);
        this.capabilities.theirs = {
          maximumMessageSize: this.#word(WORD.first), blockWise: !!(flags & 1), bert: !!(flags & 2),
          longestToken: this.#word(WORD.third),
        };
        if (this.state === 'connecting') this.state = 'open';
        this.settleOpened.resolve(this);
        return;
      }
      case EVENT.response: return this.#didAnswer(this.#slots[this.#word(WORD.slot)], false);
      case EVENT.notification: return this.#didAnswer(this.#slots[this.#word(WORD.slot)], true);
      case EVENT.failed: {
        const entry = this.#take(this.#word(WORD.slot));
        return entry?.reject(new CoAPError(FAILURES[this.#word(WORD.first)]));
      }
      case EVENT.pong: {
        const ping = this.#pings.shift();
        return ping?.resolve(performance.now() - ping.start);
      }
      case EVENT.release: this.state = 'ending'; return;
      case EVENT.aborted: this.abortText = decoder.decode(this.#payload()); return;
      case EVENT.closed: {
        const end = this.#word(WORD.first);
        const detail = end === 1 ? decoder.decode(this.#payload()) : end === 3 ? this.abortText : '';
        this.#finish(detail ? `${ENDS[end]}: ${detail}` : ENDS[end]);
      }
    }
  }

  // Requests

  #enqueue(entry, signal) {
    if (this.#isOver) return entry.reject(new CoAPError('the connection is closed'));
    if (signal) {
      if (signal.aborted) return entry.reject(signal.reason);
      signal.addEventListener('abort', () => this.#drop(entry, signal.reason), { once: true });
    }
    this.#waiting.push(entry);
    queueMicrotask(() => this.#pump());
  }

  #drop(entry, reason) {
    const slot = this.#slots.indexOf(entry);
    if (slot >= 0) {
      this.#board.coap_cancel(slot);
      this.#take(slot);
    }
    this.#waiting = this.#waiting.filter((other) => other !== entry);
    entry.reject(reason);
  }

  #forget(entry) {
    if (!this.#slots.includes(entry)) return this.#drop(entry, new CoAPError('not wanted any more'));
    entry.kind = KIND.forget;
    entry.next = () => {};
    this.#waiting.push(entry);
    queueMicrotask(() => this.#pump());
  }

  #take(slot) {
    const entry = this.#slots[slot];
    this.#slots[slot] = null;
    return entry;
  }

  /** Sends what waits, in order, as long as there is a place and room. */
  #startRequests() {
    let count = 0;
    while (this.state === 'open' && this.#waiting.length) {
      const entry = this.#waiting[0];
      let slot = this.#slots.indexOf(entry);
      if (slot < 0) slot = this.#slots.indexOf(null);
      if (slot < 0) return count;
      const error = this.#sendRequest(slot, entry);
      if (error === NO_ROOM) return count;
      this.#waiting.shift();
      this.#slots[slot] = error ? null : entry;
      if (error) entry.reject(new CoAPError(COMMAND_ERRORS[error]));
      else count++;
    }
    return count;
  }

  #sendRequest(slot, entry) {
    const optionsByteCount = this.#writeScratch(entry.options);
    const room = Math.min(this.#word(WORD.scratchByteCount) - optionsByteCount, this.#word(WORD.largestMessage));
    const chunk = entry.body.subarray(entry.offset, entry.offset + room);
    this.#writeScratch(chunk, optionsByteCount);
    return this.#board.coap_request(
      slot, entry.kind, entry.method, optionsByteCount, entry.body.length, chunk.length, now());
  }

  #didAnswer(entry, isNotification) {
    if (!entry) return;
    const slot = this.#word(WORD.slot);
    const isUpload = entry.kind === KIND.upload || entry.kind === KIND.nextUpload;
    const payload = this.#payload();
    const step = this.#word(WORD.second);
    if (isNotification) return step === STEP.part ? entry.refetch() : entry.next(this.#response(payload));
    switch (step) {
      case STEP.broken:
        this.#take(slot);
        return entry.reject(new CoAPError('the response does not belong to the transfer'));
      case STEP.restart:
        Object.assign(entry, { parts: [], loaded: 0, offset: 0 });
        return this.#continue(entry, isUpload);
      case STEP.part:
        if (isUpload) {
          entry.offset = this.#word(WORD.fourth);
          entry.onProgress?.({ loaded: entry.offset, total: entry.body.length });
        } else {
          entry.parts.push(payload);
          entry.loaded += payload.length;
          const total = this.#word(WORD.third);
          entry.onProgress?.({ loaded: entry.loaded, total: total === MASK - 1 ? null : total });
        }
        return this.#continue(entry, isUpload);
    }
    this.#take(slot);
    const whole = new Uint8Array(entry.loaded + payload.length);
    let offset = 0;
    for (const part of [...entry.parts, payload]) {
      whole.set(part, offset);
      offset += part.length;
    }
    const total = isUpload ? entry.body.length : whole.length;
    const response = this.#response(whole);
    if (response.ok) entry.onProgress?.({ loaded: total, total });
    entry.resolve(response);
  }

  #response(payload) {
    const format = this.#word(WORD.format);
    return new Response(
      this.#word(WORD.code), format ? format - 1 : null, payload, this.#word(WORD.observe), this.#word(WORD.maxAge));
  }

  #continue(entry, isUpload) {
    entry.kind = isUpload ? KIND.nextUpload : KIND.nextDownload;
    // Before requests that have not begun: transfers under way end sooner.
    this.#waiting.unshift(entry);
  }

  // The page as a server

  #respond(index, method, start, count, format, accept, answerCount) {
    const words = new Uint32Array(this.#board.memory.buffer, answerCount, 1);
    words[0] = 0;
    const resource = this.#resources[index];
    const name = Object.keys(METHOD).find((key) => METHOD[key] === method)?.toLowerCase();
    const payload = this.#bytes.slice(start, start + count);
    const request = {
      method: name, path: resource.path, payload, text: () => decoder.decode(payload),
      format: format ? format - 1 : null, accept: accept ? accept - 1 : null,
    };
    if (typeof resource[name] !== 'function') return 0x85;
    let answer;
    try {
      answer = resource[name](request) ?? {};
    } catch (error) {
      answer = { code: error instanceof CoAPError ? 0x80 : 0xa0, payload: String(error.message) };
    }
    this.#options.onRequest?.(request, answer);
    const body = bytesOf(answer.payload);
    words[0] = this.#writeScratch(body.subarray(0, this.#word(WORD.scratchByteCount)));
    return (answer.code ?? (name === 'get' ? 0x45 : 0x44)) | (answer.format === undefined ? 0 : answer.format + 1) << 8;
  }

  #writeLinks() {
    const links = this.#resources.map(({ path, attributes = '', observable }) =>
      `</${path}>${attributes}${observable ? ';obs' : ''}`);
    return this.#writeScratch(encoder.encode(links.join(',')));
  }
}

/** Milliseconds of a clock that wraps, as the core has it. */
function now() { return Math.floor(performance.now()) % MASK; }

/** Options in the order of their numbers, as Exchange.swift reads them. */
function encodeOptions(path, { format, accept, query = [] }) {
  const [plain, search] = path.split('?');
  const texts = (list) => list.map((text) => encoder.encode(decodeURIComponent(text)));
  const uint = (number) => (number === 0 ? [] : number < 256 ? [number] : [number >> 8, number & 255]);
  const options = texts(plain.split('/').filter((segment, index) => segment || index)).map((value) => [11, value]);
  if (format !== undefined) options.push([12, uint(format)]);
  for (const value of texts([...(search ? search.split('&') : []), ...query])) options.push([15, value]);
  if (accept !== undefined) options.push([17, uint(accept)]);
  return Uint8Array.from(options.flatMap(([number, value]) =>
    [number & 255, number >> 8, value.length & 255, value.length >> 8, ...value]));
}
