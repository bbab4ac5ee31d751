/*
 * Shows openapi/v1.json. All content is inserted as text, never as markup. An API key, if the
 * service requires one, stays in this tab.
 */

const keyName = 'remora-key'; /* shared with the market page */
const headers = () => {
  const key = sessionStorage.getItem(keyName) ?? localStorage.getItem(keyName);
  return key ? { Authorization: `Bearer ${key}` } : {};
};

const make = (tag, properties = {}, ...children) => {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
};

const nameOf = reference => reference.split('/').pop();

const typeOf = schema => {
  if (!schema) return '';
  if (schema.$ref) return nameOf(schema.$ref);
  const choices = schema.oneOf ?? schema.anyOf ?? schema.allOf;
  if (choices) return choices.map(typeOf).join(' or ');
  if (schema.const !== undefined) return `"${schema.const}"`;
  if (schema.enum) return schema.enum.map(value => value === null ? 'null' : `"${value}"`).join(' | ');
  const types = [schema.type ?? 'any'].flat();
  return types.map(type =>
    type === 'array' ? `${typeOf(schema.items)}[]`
    : type === 'object' && schema.additionalProperties ? `{ name: ${typeOf(schema.additionalProperties)} }`
    : type === 'string' && schema.format ? schema.format
    : type).join(' | ');
};

let fields = 0;

const field = parameter => {
  const { name, required, description, schema, example } = parameter;
  const choices = schema.enum;
  const input = choices
    ? make('select', { name })
    : make('input', { name, placeholder: required ? '' : example ?? '' });
  const suggestions = make('datalist', { id: `values-${++fields}` });
  if (schema.examples?.length > 1) {
    suggestions.append(...schema.examples.map(value => make('option', { value })));
    input.setAttribute('list', suggestions.id);
  }
  if (choices) {
    if (!required) input.append(make('option', { value: '', textContent: '(left out)' }));
    for (const choice of choices) input.append(make('option', { value: choice, textContent: choice }));
  } else if (required) {
    input.value = example ?? '';
  }
  return make('label', { className: required ? 'required' : '' }, name, input, suggestions,
    make('small', { textContent: description }));
};

const json = 'application/json', bodyName = 'body of the request';

/* A field for the JSON of a request, filled with the example. */
const bodyField = ({ content: { [json]: { schema, example } } }) => make('label', { className: 'required' },
  'body', make('textarea', { name: bodyName, rows: 10, spellcheck: false, value: JSON.stringify(example, null, 2) }),
  make('small', {}, typeOf(schema)));

const urlOf = (path, form) => {
  const query = [...new FormData(form)].filter(([name, value]) => value !== '' && name !== bodyName)
    .map(([name, value]) => `${name}=${encodeURIComponent(value).replaceAll('%2F', '/').replaceAll('%2C', ',')}`);
  return path + (query.length ? '?' + query.join('&') : '');
};

const firstEvents = 5, patience = 5000;

/* A stream has no end: the first events are shown, then the connection is closed. */
const readEvents = async response => {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  const timer = setTimeout(() => reader.cancel(), patience);
  let text = '';
  for (;;) {
    const { value, done } = await reader.read();
    if (done || (text += value).split('\n\n').length > firstEvents) break;
  }
  clearTimeout(timer);
  await reader.cancel();
  return `${text}\n(the stream goes on)`;
};

const readBody = async response => {
  const type = response.headers.get('content-type') ?? '';
  if (type.startsWith('text/event-stream')) return readEvents(response);
  const isFile = type.includes('parquet') || type.includes('arrow');
  if (isFile) return `A file of ${(await response.blob()).size} bytes: ${type}`;
  const body = await response.text();
  return type.includes('+json') || type.includes('/json') ? JSON.stringify(JSON.parse(body), null, 2) : body;
};

const tryIt = (path, method) => {
  const answer = make('div', { className: 'answer', hidden: true });
  const send = async form => {
    const url = urlOf(path, form), content = form.elements[bodyName]?.value;
    const sent = content === undefined ? {} : { body: content, headers: { ...headers(), 'Content-Type': json } };
    const begun = performance.now();
    let line, body, works = false;
    try {
      const response = await fetch(url,
        { method: method.toUpperCase(), headers: headers(), cache: 'no-store', ...sent });
      const key = headers().Authorization ? ' -H "Authorization: Bearer $REMORA_API_KEY"' : '';
      const taken = (performance.now() - begun).toFixed(1);
      const verb = method === 'get' ? '' : ` -X ${method.toUpperCase()}`;
      const data = content === undefined ? '' : ` --json '${content.replace(/\s+/g, ' ')}'`;
      const command = `curl${verb}${key}${data} '${location.origin}${url}'`;
      line = `${response.status} ${response.statusText} · ${taken} ms · ${command}`;
      works = response.ok;
      body = await readBody(response);
    } catch (error) {
      line = `No answer: ${error.message}`;
    }
    answer.replaceChildren(make('p', { className: works ? 'ok' : 'failed', textContent: line }),
      make('pre', { textContent: body ?? '', tabIndex: 0 }));
    answer.hidden = false;
  };
  return { answer, send };
};

const call = (path, method, operation) => {
  const { answer, send } = tryIt(path, method);
  const form = make('form', {}, ...(operation.parameters ?? []).map(field),
    ...(operation.requestBody ? [bodyField(operation.requestBody)] : []),
    make('div', {}, make('button', { textContent: 'Try it' })));
  form.addEventListener('submit', event => {
    event.preventDefault();
    send(form);
  });
  const rows = Object.entries(operation.responses).map(([status, response]) => {
    const kinds = Object.entries(response.content ?? {})
      .map(([type, content]) => make('div', { textContent: `${typeOf(content.schema)}, ${type}` }));
    return make('tr', {},
      make('td', { textContent: status }),
      make('td', { textContent: response.description }),
      make('td', { className: 'type' }, ...kinds));
  });
  return make('article', { id: operation.operationId },
    make('h3', { textContent: operation.summary }),
    make('p', { textContent: operation.description }),
    make('p', { className: 'path' }, make('b', { textContent: method.toUpperCase() }), path),
    form, answer,
    make('table', {}, make('tbody', {}, ...rows)));
};

/* A webhook that the service posts. It is shown only and cannot be tried. */
const webhook = operation => make('article', { id: operation.operationId },
  make('h3', { textContent: operation.summary }),
  make('p', { textContent: operation.description }),
  make('p', { className: 'path' }, make('b', { textContent: 'POST' }), 'to the receiver, ',
    typeOf(operation.requestBody.content['application/json'].schema)),
  make('table', {}, make('tbody', {}, ...operation.parameters.map(({ name, description }) =>
    make('tr', {}, make('td', { textContent: name }), make('td', { textContent: description }))))));

const schema = (name, definition) => {
  const rows = Object.entries(definition.properties ?? {}).map(([property, type]) =>
    make('tr', {},
      make('td', { textContent: property }),
      make('td', { className: 'type', textContent: typeOf(type) }),
      make('td', { textContent: type.description ?? '' })));
  const content = rows.length
    ? make('table', {}, make('tbody', {}, ...rows))
    : make('p', { className: 'path', textContent: typeOf(definition) });
  const summary = make('summary', { textContent: name });
  return make('details', { className: 'schema', id: `schema-${name}` }, summary, content);
};

const show = api => {
  const calls = document.getElementById('calls');
  const nav = document.getElementById('nav');
  document.getElementById('about').textContent = api.info.description;
  calls.replaceChildren();
  const tags = new Map();
  for (const [path, methods] of Object.entries(api.paths))
    for (const [method, operation] of Object.entries(methods)) {
      const tag = operation.tags?.[0] ?? '';
      if (!tags.has(tag)) tags.set(tag, []);
      tags.get(tag).push({ path, method, operation });
    }
  for (const [tag, operations] of tags) {
    calls.append(make('h2', { textContent: tag }),
      ...operations.map(({ path, method, operation }) => call(path, method, operation)));
    nav.append(make('h3', { textContent: tag }), ...operations.map(({ path, operation }) =>
      make('a', { href: `#${operation.operationId}`, textContent: path.replace('/api/v1', '') })));
  }
  const webhooks = Object.values(api.webhooks ?? {}).flatMap(Object.values);
  if (webhooks.length > 0) {
    calls.append(make('h2', { textContent: 'Webhooks' }), ...webhooks.map(webhook));
    nav.append(make('h3', { textContent: 'Webhooks' }),
      ...webhooks.map(({ operationId }) => make('a', { href: `#${operationId}`, textContent: operationId })));
  }
  const schemas = document.getElementById('schemas');
  schemas.append(...Object.entries(api.components?.schemas ?? {})
    .map(([name, definition]) => schema(name, definition)));
  schemas.hidden = false;
};

const tell = (...children) => document.getElementById('calls').replaceChildren(...children);

/* Requests a key, shows why, and tries again with it. */
const askForKey = why => {
  const input = make('input', { type: 'password', name: 'key', autocomplete: 'off', required: true });
  const form = make('form', { id: 'key' }, make('label', {}, 'Key (stays in this tab)', input),
    make('div', {}, make('button', { textContent: 'Use it' })));
  form.addEventListener('submit', event => {
    event.preventDefault();
    sessionStorage.setItem(keyName, input.value.trim());
    load();
  });
  tell(make('p', { role: 'status' }, make('strong', { textContent: 'The service wants a key. ' }), why), form);
  input.focus();
};

const load = async () => {
  try {
    const response = await fetch('openapi/v1.json', { headers: headers() });
    if (response.status === 401) askForKey((await response.json()).detail);
    else if (!response.ok) throw new Error(`HTTP ${response.status}`);
    else show(await response.json());
  } catch (error) {
    tell(make('p', { role: 'status', textContent: `openapi/v1.json could not be read: ${error.message}` }));
  }
};

await load();
