// The message log: every message can be unfolded to its options and bytes.

import { dotted } from './coap.js';
import { find, hex, make } from './elements.js';

const LARGEST = 300;
// More bytes than this are not shown of one message.
const LARGEST_DUMP = 4096;

const CODES = {
  0x00: 'Empty', 0x01: 'GET', 0x02: 'POST', 0x03: 'PUT', 0x04: 'DELETE', 0x05: 'FETCH', 0x06: 'PATCH', 0x07: 'iPATCH',
  0x41: 'Created', 0x42: 'Deleted', 0x43: 'Valid', 0x44: 'Changed', 0x45: 'Content', 0x5f: 'Continue',
  0x80: 'Bad Request', 0x81: 'Unauthorized', 0x82: 'Bad Option', 0x83: 'Forbidden', 0x84: 'Not Found',
  0x85: 'Method Not Allowed', 0x86: 'Not Acceptable', 0x88: 'Incomplete', 0x8c: 'Precondition Failed',
  0x8d: 'Too Large', 0x8f: 'Unsupported Format', 0x96: 'Unprocessable', 0x9d: 'Too Many Requests',
  0xa0: 'Internal Error', 0xa1: 'Not Implemented', 0xa3: 'Unavailable',
  0xe1: 'CSM', 0xe2: 'Ping', 0xe3: 'Pong', 0xe4: 'Release', 0xe5: 'Abort',
};

// Names and kinds of the options; t text, u unsigned integer, b block, o opaque, e empty.
const OPTIONS = {
  1: 'If-Match o', 3: 'Uri-Host t', 4: 'ETag o', 5: 'If-None-Match e', 6: 'Observe u', 7: 'Uri-Port u',
  8: 'Location-Path t', 11: 'Uri-Path t', 12: 'Content-Format u', 14: 'Max-Age u', 15: 'Uri-Query t', 17: 'Accept u',
  20: 'Location-Query t', 23: 'Block2 b', 27: 'Block1 b', 28: 'Size2 u', 60: 'Size1 u', 252: 'Echo o',
  258: 'No-Response u', 292: 'Request-Tag o',
};
const SIGNAL_OPTIONS = {
  0xe1: { 2: 'Max-Message-Size u', 4: 'Block-Wise-Transfer e', 6: 'Extended-Token-Length u' },
  0xe2: { 2: 'Custody e' }, 0xe3: { 2: 'Custody e' },
  0xe4: { 2: 'Alternative-Address t', 4: 'Hold-Off u' }, 0xe5: { 2: 'Bad-CSM-Option u' },
};

const text = (bytes) => new TextDecoder().decode(bytes);
const uint = (bytes) => bytes.reduce((number, byte) => number * 256 + byte, 0);

function describe(code, { number, value }) {
  const known = code >> 5 === 7 ? SIGNAL_OPTIONS[code]?.[number] : OPTIONS[number];
  const [name, kind] = known?.split(' ') ?? [`Option ${number}`, 'o'];
  switch (kind) {
    case 't': return [name, text(value)];
    case 'u': return [name, String(uint(value))];
    case 'e': return [name, 'set'];
    case 'b': {
      const block = uint(value);
      const exponent = block & 7;
      const blockSize = exponent === 7 ? 'BERT' : `${16 << exponent} bytes`;
      return [name, `number ${block >>> 4}, ${block & 8 ? 'more follow' : 'the last'}, ${blockSize}`];
    }
    default: return [name, hex(value) || 'empty'];
  }
}

function dump(bytes) {
  const lines = [];
  for (let offset = 0; offset < Math.min(bytes.length, LARGEST_DUMP); offset += 16) {
    const part = bytes.subarray(offset, offset + 16);
    const digits = Array.from(part, (byte) => byte.toString(16).padStart(2, '0')).join(' ').padEnd(47);
    const letters = Array.from(part, (byte) => (byte > 31 && byte < 127 ? String.fromCharCode(byte) : '·')).join('');
    lines.push(`${offset.toString(16).padStart(4, '0')}  ${digits}  ${letters}`);
  }
  if (bytes.length > LARGEST_DUMP) lines.push(`… ${bytes.length - LARGEST_DUMP} bytes more`);
  return lines.join('\n');
}

export class MessageLog {
  #list = find('log');
  /** The paths of requests under way by token, so that answers can be told apart. */
  #paths = new Map();
  #isPaused = false;

  constructor() {
    find('pause').onchange = ({ target }) => { this.#isPaused = target.checked; };
    find('clear').onclick = () => {
      this.#list.replaceChildren();
      find('log-empty').hidden = false;
    };
  }

  /** Adds a message of this connection. */
  add(connection, { direction, bytes, time }) {
    const message = connection.inspect(bytes);
    if (!message) return;
    const { code, token, options } = message;
    const key = (direction === 'sent') === (code < 0x20) ? `ours ${hex(token)}` : `theirs ${hex(token)}`;
    const isRequest = code > 0 && code < 0x20;
    const isSignal = code >> 5 === 7;
    const isNotification = !isRequest && !isSignal && options.some(({ number }) => number === 6);
    if (isRequest) this.#paths.set(key, this.#path(options));
    if (this.#isPaused || (isNotification && find('quiet').checked)) return;
    const name = isRequest || isSignal ? CODES[code] ?? dotted(code) : `${dotted(code)} ${CODES[code] ?? ''}`;
    const what = isSignal ? this.#signal(message) : this.#paths.get(key) ?? '';
    const details = make('details', { className: `${direction} ${code >> 5 === 4 || code >> 5 === 5 ? 'failed' : ''}` },
      make('summary', {},
        make('span', { className: 'time' }, `${time.toLocaleTimeString('en-GB')}.${String(time.getMilliseconds()).padStart(3, '0')}`),
        make('span', { className: 'arrow', title: direction, 'aria-label': direction, role: 'img' }, direction === 'sent' ? '↑' : '↓'),
        make('span', { className: 'code' }, name),
        make('span', { className: 'what mono' }, what),
        make('span', { className: 'size' }, `${bytes.length} B`)));
    details.addEventListener('toggle', () => {
      if (details.children.length === 1) details.append(this.#parts(message, bytes));
    });
    const isAtTop = this.#list.scrollTop < 8;
    this.#list.prepend(make('li', {}, details));
    if (!isAtTop) this.#list.scrollTop += this.#list.firstChild.offsetHeight;
    while (this.#list.children.length > LARGEST) this.#list.lastChild.remove();
    find('log-empty').hidden = true;
    if (this.#paths.size > 1000) this.#paths.clear();
  }

  #path(options) {
    const part = (number) => options.filter((option) => option.number === number).map(({ value }) => text(value));
    const query = part(15);
    return `/${part(11).join('/')}${query.length ? `?${query.join('&')}` : ''}`;
  }

  #signal({ code, options, payload }) {
    const facts = options.map((option) => describe(code, option).join(' '));
    if (payload.length) facts.push(text(payload));
    return facts.join(', ');
  }

  #parts({ code, token, options, payload }, bytes) {
    const rows = [['Code', `${dotted(code)} ${CODES[code] ?? ''}`], ['Token', hex(token) || 'empty'],
      ...options.map((option) => describe(code, option)),
      ['Payload', payload.length ? `${payload.length} ${payload.length === 1 ? 'byte' : 'bytes'}` : 'none']];
    return make('div', { className: 'parts' },
      make('table', {}, make('tbody', {}, ...rows.map(([name, value]) =>
        make('tr', {}, make('th', { scope: 'row' }, name), make('td', { className: 'mono' }, value))))),
      make('pre', { className: 'dump mono', tabIndex: 0, 'aria-label': 'Bytes' }, dump(bytes)));
  }
}
