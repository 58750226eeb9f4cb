// What the board offers, as /.well-known/core says (RFC 6690).

import { find, hex, make } from './elements.js';

/** The links of a link-format text: path and attributes. */
export function parseLinks(links) {
  return [...links.matchAll(/<([^>]*)>((?:;[^,"=;]+(?:=(?:"[^"]*"|[^,;]*))?)*)/g)].map(([, target, rest]) => {
    const attributes = {};
    for (const [, name, quoted, plain] of rest.matchAll(/;([^=;]+)(?:=(?:"([^"]*)"|([^;]*)))?/g)) {
      attributes[name] = quoted ?? plain ?? true;
    }
    return { path: target.replace(/^\//, ''), attributes };
  });
}

/** Shows the links as a tree; `read` fetches a path. */
export function showTree(links, read) {
  const root = { children: new Map() };
  for (const link of links) {
    let node = root;
    for (const segment of link.path.split('/')) {
      if (!node.children.has(segment)) node.children.set(segment, { children: new Map() });
      node = node.children.get(segment);
    }
    node.link = link;
  }
  find('tree').replaceChildren(list(root, read));
}

function list(node, read) {
  const items = [...node.children].map(([name, child]) => {
    const item = make('li', {});
    if (child.link) item.append(leaf(name, child.link, read));
    if (child.children.size) {
      const nested = list(child, read);
      if (child.link) item.append(nested);
      else item.append(make('details', { open: true }, make('summary', { className: 'mono' }, `${name}/`), nested));
    }
    return item;
  });
  return make('ul', {}, ...items);
}

function leaf(name, { path, attributes }, read) {
  const button = make('button', { type: 'button', className: 'mono', title: `GET /${path}` }, name);
  button.onclick = async () => {
    button.disabled = true;
    await show(path, read);
    button.disabled = false;
  };
  const tags = [];
  if (attributes.rt) tags.push(...attributes.rt.split(' '));
  if (attributes.obs) tags.push('observable');
  if (attributes.sz) tags.push(`${attributes.sz} B`);
  return make('div', { className: 'leaf' }, button, ...tags.map((tag) => make('span', { className: 'tag' }, tag)));
}

async function show(path, read) {
  let body;
  const title = make('p', { className: 'row' }, make('span', { className: 'mono' }, `/${path}`));
  try {
    const response = await read(path);
    const isText = response.format === null || response.format === 0 || response.format === 40;
    title.append(make('span', { className: response.ok ? 'tag' : 'tag bad' }, `${response.status}, ${response.payload.length} bytes`));
    const text = isText ? response.text() : hex(response.payload);
    body = make('pre', { className: 'mono', tabIndex: 0 }, text.length > 4000 ? `${text.slice(0, 4000)}…` : text || '(empty)');
  } catch (error) {
    body = make('p', { className: 'error' }, error.message);
  }
  find('answer').replaceChildren(title, body);
}
