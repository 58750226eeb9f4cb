// The port check for browsers: what of it means something here, for the checks of boards are about streams.
//
// Each check is named after what a port owes (Sources/Port/PortCheck); it ends with nothing or with what is wrong.

import { CoAPError, connect } from './coap.js';

const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const demand = (condition, text) => { if (!condition) throw new Error(text); };

async function opened(url, options) {
  const connection = await connect(url, options);
  await connection.opened;
  return connection;
}

async function ended(connection, within = 8000) {
  const end = await Promise.race([connection.closed, sleep(within)]);
  demand(end, `not closed within ${within} ms`);
  return end.reason;
}

const CHECKS = {
  'the clock never goes back': () => {
    let last = performance.now();
    for (let round = 0; round < 100_000; round++) {
      const next = performance.now();
      demand(next >= last, `${next} after ${last}`);
      last = next;
    }
  },
  'the clock goes on, by milliseconds': async () => {
    const start = performance.now();
    await sleep(120);
    const passed = performance.now() - start;
    demand(passed > 110 && passed < 5000, `${passed} ms instead of 120`);
  },
  'a timer is not early': async () => {
    for (const wait of [1, 5, 20, 50]) {
      const start = performance.now();
      await sleep(wait);
      demand(performance.now() - start > wait - 1.5, `${wait} ms took ${performance.now() - start}`);
    }
  },
  'random bits differ and are spread': () => {
    const [one, other] = [0, 1].map(() => crypto.getRandomValues(new Uint8Array(4096)));
    demand(one.some((byte, index) => byte !== other[index]), 'twice the same');
    const ones = one.reduce((sum, byte) => sum + byte.toString(2).replaceAll('0', '').length, 0);
    demand(Math.abs(ones - 16384) < 1000, `${ones} of 32768 bits are set`);
    demand(new Set(one).size > 200, 'few different bytes');
  },
  'tokens begin elsewhere on each connection': async (url) => {
    const tokens = new Set();
    for (let round = 0; round < 4; round++) {
      let first = null;
      const connection = await opened(url, {
        onMessage: ({ direction, bytes }) => { if (direction === 'sent' && bytes[1] === 1) first ??= bytes.slice(2, 6).join(); },
      });
      await connection.get('time');
      tokens.add(first);
      connection.release();
      await ended(connection);
    }
    demand(tokens.size === 4, `${tokens.size} different ones of 4`);
  },
  'a connection opens, and is released': async (url) => {
    const connection = await opened(url);
    demand(connection.state === 'open' && connection.capabilities.theirs, connection.state);
    connection.release();
    const reason = await ended(connection);
    demand(reason === 'released', reason);
    const failure = await connection.get('time').catch((error) => error);
    demand(failure instanceof CoAPError, 'a request was taken afterwards');
  },
  'an Abort ends it at once': async (url) => {
    const connection = await opened(url);
    const slow = connection.get('slow?ms=3000').catch((error) => error);
    await sleep(50);
    connection.abort();
    demand(await ended(connection) === 'aborted by this page', 'another reason');
    demand(await slow instanceof CoAPError, 'what was under way got an answer');
  },
  'no server is an error, and soon': async (url, closed) => {
    const connection = await connect(closed);
    const failure = await connection.opened.catch((error) => error);
    demand(failure instanceof CoAPError, 'it opened');
    await ended(connection);
  },
  'what is sent arrives whole, both ways': async (url) => {
    const connection = await opened(url);
    for (const count of [0, 1, 12, 13, 268, 269, 1024, 5000]) {
      const body = Uint8Array.from({ length: count }, (_, index) => index * 7 + count);
      const { status, payload } = await connection.post('echo', body);
      demand(status === '2.04', `${count} bytes: ${status}`);
      demand(payload.length === count && payload.every((byte, index) => byte === body[index]), `${count} bytes differ`);
    }
    connection.release();
    await ended(connection);
  },
  'a large body comes in blocks': async (url) => {
    const connection = await opened(url);
    const seen = [];
    const { payload } = await connection.get('log', { onProgress: ({ loaded }) => seen.push(loaded) });
    demand(payload.length > 33_920 && seen.length > 1, `${payload.length} bytes in ${seen.length} parts`);
    demand(seen.every((loaded, index) => index === 0 || loaded >= seen[index - 1]), 'progress went back');
    demand(seen.at(-1) === payload.length, 'progress did not end at the end');
    connection.release();
    await ended(connection);
  },
  'many requests at once, more than there are places': async (url) => {
    const connection = await opened(url);
    const answers = await Promise.all(Array.from({ length: 100 }, (_, index) =>
      connection.post('echo', `number ${index}`).then((response) => response.text() === `number ${index}`)));
    demand(answers.every(Boolean), 'answers were mixed up');
    connection.release();
    await ended(connection);
  },
  'many connections at once': async (url) => {
    const connections = await Promise.all(Array.from({ length: 24 }, () => opened(url)));
    const answers = await Promise.all(connections.map((connection, index) =>
      connection.post('echo', `connection ${index}`).then((response) => response.text() === `connection ${index}`)));
    demand(answers.every(Boolean), 'answers were mixed up');
    for (const connection of connections) connection.release();
    await Promise.all(connections.map((connection) => ended(connection)));
  },
  'a connection for each of many, one after the other': async (url) => {
    for (let round = 0; round < 40; round++) {
      const connection = await opened(url);
      demand((await connection.ping()) >= 0, 'no Pong');
      connection.release();
      await ended(connection);
    }
  },
  'a request that is given up leaves its place': async (url) => {
    const connection = await opened(url);
    for (let round = 0; round < 20; round++) {
      const abort = new AbortController();
      // Soon enough that the board does not run out of places for late answers either.
      const slow = connection.get('slow?ms=300', { signal: abort.signal }).catch((error) => error);
      await sleep(40);
      abort.abort(new CoAPError('enough'));
      demand((await slow).message === 'enough', 'not given up');
    }
    demand((await connection.get('time')).ok, 'nothing is answered any more');
    connection.abort();
    await ended(connection);
  },
};

/** Runs all checks against a simulator; `closed` is an address where nothing listens. */
export async function check(url, closed) {
  const results = [];
  for (const [name, run] of Object.entries(CHECKS)) {
    const fault = await Promise.resolve().then(() => run(url, closed)).then(() => null, (error) => error.message);
    results.push({ name, fault });
  }
  return results;
}
