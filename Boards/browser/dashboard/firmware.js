// Sends a firmware image and compares its SHA-256 with the board's.

import { find, hex, size } from './elements.js';

const OCTET_STREAM = 42;

export class Firmware {
  #file = null;
  #abort = null;
  #connection = null;
  #digest = null;
  #isOffered = false;

  constructor() {
    const drop = find('drop');
    find('image').onchange = ({ target }) => this.#choose(target.files[0]);
    drop.ondragover = (event) => { event.preventDefault(); drop.classList.add('over'); };
    drop.ondragleave = () => drop.classList.remove('over');
    drop.ondrop = (event) => {
      event.preventDefault();
      drop.classList.remove('over');
      this.#choose(event.dataTransfer.files[0]);
    };
    find('upload').onsubmit = (event) => { event.preventDefault(); this.#send(); };
    find('cancel').onclick = () => this.#abort?.abort(new Error('cancelled'));
  }

  get isSending() { return this.#abort !== null; }

  /** The connection to send over, or null; and whether the board takes images. */
  use(connection, isOffered) {
    this.#connection = connection;
    this.#isOffered = isOffered;
    find('image-hint').textContent = connection && !isOffered ? 'this board takes no images' : 'or drop a file here';
    this.#enable();
    if (connection && isOffered) this.#readStatus(connection);
  }

  #enable() {
    find('send').disabled = !(this.#file && this.#connection && this.#isOffered && !this.#abort);
  }

  async #choose(file) {
    if (!file) return;
    this.#file = file;
    find('image-name').textContent = file.name;
    find('image-hint').textContent = size(file.size);
    this.#say('');
    this.#enable();
    find('digest-here').textContent = '…';
    this.#digest = await digestOf(await file.arrayBuffer());
    find('digest-here').textContent = this.#digest ?? 'only on a secure page: from this machine, or by HTTPS';
  }

  async #send() {
    const body = new Uint8Array(await this.#file.arrayBuffer());
    const start = performance.now();
    this.#abort = new AbortController();
    this.#enable();
    find('send').hidden = true;
    find('cancel').hidden = find('transfer').hidden = false;
    this.#say('');
    const show = ({ loaded }) => {
      find('progress').value = loaded / body.length;
      find('transferred').textContent = `${size(loaded)} of ${size(body.length)}`;
      find('rate').textContent = `${size(loaded / (performance.now() - start) * 1000)}/s`;
    };
    show({ loaded: 0 });
    try {
      const response = await this.#connection.put('firmware', body, {
        format: OCTET_STREAM, onProgress: show, signal: this.#abort.signal,
      });
      if (!response.ok) throw new Error(`The board answered ${response.status} ${response.text()}`);
      await this.#readStatus(this.#connection);
      const there = find('digest-there').textContent;
      if (this.#digest === null) this.#say('The board has the image.', 'good');
      else if (there === this.#digest) this.#say('The board has the same image: both digests are equal.', 'good');
      else this.#say('The digests differ: the board has another image.', 'bad');
    } catch (error) {
      this.#say(`Not sent: ${error.message}`, 'bad');
    } finally {
      this.#abort = null;
      find('send').hidden = false;
      find('cancel').hidden = true;
      this.#enable();
    }
  }

  async #readStatus(connection) {
    try {
      const response = await connection.get('firmware/status');
      const [, digest] = /^sha256 ([0-9a-f]{64})$/m.exec(response.text()) ?? [];
      find('digest-there').textContent = digest ?? 'no image yet';
    } catch {
      find('digest-there').textContent = '—';
    }
  }

  #say(text, kind = '') {
    find('verdict').textContent = text;
    find('verdict').className = kind;
  }
}

/** SHA-256 in hexadecimal digits; null where the browser gives pages no cryptography. */
async function digestOf(buffer) {
  return crypto.subtle ? hex(new Uint8Array(await crypto.subtle.digest('SHA-256', buffer))) : null;
}
