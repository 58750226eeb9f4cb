// The dashboard: connects to the board that served it, shows it, and comes back when the connection ends.

import { CoAPError, connect, load } from './coap.js';
import { Chart } from './chart.js';
import { clock, find, make, size } from './elements.js';
import { Firmware } from './firmware.js';
import { MessageLog } from './messages.js';
import { parseLinks, showTree } from './tree.js';

const address = new URLSearchParams(location.search).get('board')
  ?? `coap${location.protocol === 'https:' ? 's' : ''}+ws://${location.host}`;
const SHORTEST_WAIT = 500;
const LONGEST_WAIT = 15_000;
// After a Release or an Abort from here the board gets some rest.
const REST = 5000;
const PING_INTERVAL = 10_000;

const log = new MessageLog();
const firmware = new Firmware();
const charts = new Map();
const pings = [];
let connection = null;
let wait = SHORTEST_WAIT;
let isEndedHere = false;
let wakeUp = () => {};

// The connection

function showState(state, detail = '') {
  const names = { connecting: 'Connecting', open: 'Connected', ending: 'Ending', closed: 'Disconnected' };
  find('state').dataset.state = state;
  find('state').textContent = names[state];
  find('detail').textContent = detail;
  for (const id of ['ping', 'release', 'abort']) find(id).disabled = state !== 'open';
  find('led').disabled = state !== 'open';
  find('connect').hidden = state !== 'closed';
  for (const id of ['ping', 'release', 'abort']) find(id).hidden = state === 'closed';
}

async function run() {
  while (true) {
    const reason = await live();
    connection = null;
    firmware.use(null, false);
    for (const chart of charts.values()) chart.mode = 'stopped';
    const pause = isEndedHere ? REST : wait * (0.75 + Math.random() / 2);
    isEndedHere = false;
    wait = Math.min(wait * 2, LONGEST_WAIT);
    await countDown(pause, reason);
  }
}

/** One connection from its beginning to its end; returns why it ended. */
async function live() {
  showState('connecting');
  try {
    connection = await connect(address, {
      resources: [
        {
          path: 'browser/clock', attributes: ';rt="clock";ct=0', observable: true,
          get: () => ({ format: 0, payload: new Date().toISOString() }),
        },
        {
          path: 'browser/note', attributes: ';rt="note";ct=0', observable: true,
          get: () => ({ format: 0, payload: find('note').value }),
          put: (request) => {
            if (request.payload.length > 200) throw new CoAPError('at most 200 bytes');
            find('note').value = request.text();
          },
        },
      ],
      onMessage: (message) => log.add(connection, message),
      onRequest: showRead,
    });
    const current = connection;
    // For tests and the curious.
    window.board = current;
    showCapabilities();
    await current.opened;
    wait = SHORTEST_WAIT;
    showState('open');
    showCapabilities();
    discover().catch(() => {});
    const timer = setInterval(ping, PING_INTERVAL);
    ping();
    const { reason } = await current.closed;
    clearInterval(timer);
    return reason;
  } catch (error) {
    return error.message;
  }
}

async function countDown(pause, reason) {
  const end = Date.now() + pause;
  const woken = new Promise((resolve) => { wakeUp = resolve; });
  const show = () => {
    const seconds = Math.max(0, Math.ceil((end - Date.now()) / 1000));
    showState('closed', `${reason}; trying again in ${seconds} s`);
  };
  show();
  const timer = setInterval(show, 500);
  await Promise.race([woken, new Promise((resolve) => setTimeout(resolve, pause))]);
  clearInterval(timer);
}

function showCapabilities() {
  const { ours, theirs } = connection.capabilities;
  const yes = (value) => (value ? 'yes' : 'no');
  const rows = [
    ['Largest message', (end) => `${end.maximumMessageSize.toLocaleString('en')} B`],
    ['Block-wise', (end) => yes(end.blockWise)], ['BERT', (end) => yes(end.bert)],
    ['Longest token', (end) => `${end.longestToken} B`],
  ];
  find('capabilities').replaceChildren(...rows.map(([name, text]) => make('tr', {},
    make('th', { scope: 'row' }, name), make('td', {}, text(ours)), make('td', {}, theirs ? text(theirs) : '—'))));
}

async function ping() {
  try {
    const time = await connection.ping();
    pings.push(time);
    if (pings.length > 40) pings.shift();
    find('ping-time').textContent = `${time < 10 ? time.toFixed(1) : Math.round(time)} ms`;
    find('ping-note').textContent = `ping at ${clock(new Date())}`;
    const top = Math.max(...pings, 1);
    const step = 120 / Math.max(pings.length - 1, 1);
    const points = pings.map((value, index) => `${index * step},${27 - value / top * 26}`);
    const line = document.createElementNS('http://www.w3.org/2000/svg', 'polyline');
    line.setAttribute('points', points.join(' '));
    if (pings.length > 2) find('ping-history').replaceChildren(line);
  } catch {
    // Another one is under way, or the connection ends: both show elsewhere.
  }
}

// The board

async function discover() {
  const current = connection;
  const response = await current.get('.well-known/core');
  const links = parseLinks(response.text());
  showTree(links, (path) => {
    if (!connection) throw new CoAPError('not connected');
    return connection.get(path);
  });
  const sensors = links.filter(({ attributes }) => /(^| )sensor\./.test(attributes.rt ?? ''));
  if (sensors.length && !charts.size) find('sensors').replaceChildren();
  for (const { path, attributes } of sensors) {
    if (!charts.has(path)) {
      const name = path.split('/').at(-1);
      const chart = new Chart(path, attributes.title ?? name[0].toUpperCase() + name.slice(1));
      charts.set(path, chart);
      find('sensors').append(chart.element);
    }
    follow(current, path, (text) => charts.get(path).add(text), (mode) => { charts.get(path).mode = mode; });
  }
  const lamp = links.find(({ attributes }) => /\blight\b/.test(attributes.rt ?? ''));
  if (lamp) follow(current, lamp.path, (text) => showLED(text.trim() === '1'), () => {});
  firmware.use(current, links.some(({ path }) => path === 'firmware'));
  if (links.some(({ path }) => path === 'peers/browser')) {
    find('peers').hidden = find('peers-title').hidden = false;
    follow(current, 'peers/browser', (text) => { find('peers').textContent = text.trim(); }, () => {});
  }
}

/** Observes a resource; one that cannot be observed is read every two seconds. */
async function follow(current, path, take, setMode) {
  try {
    let count = 0;
    for await (const response of current.observe(path)) {
      if (!response.ok) return setMode(response.status);
      take(response.text());
      // A plain answer does not say that more will come.
      count++;
      setMode('observed');
    }
    if (count > 1) return setMode('ended');
    while (current.state === 'open') {
      setMode('polled');
      await new Promise((resolve) => setTimeout(resolve, 2000));
      take((await current.get(path)).text());
    }
  } catch {
    setMode('stopped');
  }
}

function showLED(isOn) {
  find('led').setAttribute('aria-checked', String(isOn));
  find('led-state').textContent = isOn ? 'on' : 'off';
  find('bulb').classList.toggle('on', isOn);
}

async function switchLED() {
  const wanted = find('led').getAttribute('aria-checked') !== 'true';
  find('led-error').textContent = '';
  try {
    const response = await connection.put('actuators/led', wanted ? '1' : '0', { format: 0 });
    if (!response.ok) throw new CoAPError(`the board answered ${response.status} ${response.text()}`);
    showLED(wanted);
  } catch (error) {
    find('led-error').textContent = `Not switched: ${error.message}`;
  }
}

// The page as a server

const reads = { 'browser/clock': 0, 'browser/note': 0 };

function showRead(request) {
  const name = request.path.split('/')[1];
  const offer = find(`offer-${name}`);
  reads[request.path]++;
  const count = reads[request.path] === 1 ? 'once' : `${reads[request.path]} times`;
  find(`reads-${name}`).textContent = `the board has asked ${count}, last at ${clock(new Date())}`;
  offer.classList.add('read');
  setTimeout(() => offer.classList.remove('read'), 600);
}

find('note').oninput = () => connection?.changed('browser/note');
setInterval(() => {
  find('clock').textContent = clock(new Date());
  connection?.changed('browser/clock');
  for (const chart of charts.values()) chart.draw();
}, 1000);
find('clock').textContent = clock(new Date());

// What a person does

find('ping').onclick = ping;
find('release').onclick = () => {
  isEndedHere = true;
  showState('ending');
  connection?.release();
};
find('abort').onclick = () => {
  isEndedHere = true;
  connection?.abort();
};
find('connect').onclick = () => wakeUp();
find('led').onclick = switchLED;
find('discover').onclick = () => connection && refresh();

async function refresh() {
  const response = await connection.get('.well-known/core');
  showTree(parseLinks(response.text()), (path) => connection.get(path));
}

// A page that is left may be kept, frozen, with its WebSocket open: the board would go on asking it in vain.
addEventListener('pagehide', () => (firmware.isSending ? connection?.abort() : connection?.release()));

find('address').textContent = address;
fetch('coap.wasm').then(async (response) => {
  find('size').textContent = `${size((await response.arrayBuffer()).byteLength)} of WebAssembly`;
}).catch(() => {});
await load().catch(() => {});
run();
