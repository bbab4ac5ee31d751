// Shows openapi/v1.json. Everything it puts on the page goes in as text, never as markup.

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
  if (schema.enum) return schema.enum.map(value => value === null ? 'null' : `"${value}"`).join(' | ');
  const types = [schema.type ?? 'any'].flat();
  return types.map(type =>
    type === 'array' ? `${typeOf(schema.items)}[]`
    : type === 'object' && schema.additionalProperties ? `{ name: ${typeOf(schema.additionalProperties)} }`
    : type === 'string' && schema.format ? schema.format
    : type).join(' | ');
};

const field = parameter => {
  const { name, required, description, schema, example } = parameter;
  const choices = schema.enum;
  const input = choices ? make('select', { name }) : make('input', { name, placeholder: required ? '' : example ?? '' });
  if (choices) {
    if (!required) input.append(make('option', { value: '', textContent: '(left out)' }));
    for (const choice of choices) input.append(make('option', { value: choice, textContent: choice }));
  } else if (required) {
    input.value = example ?? '';
  }
  return make('label', { className: required ? 'required' : '' }, name, input, make('small', { textContent: description }));
};

const urlOf = (path, form) => {
  const query = [...new FormData(form)].filter(([, value]) => value !== '')
    .map(([name, value]) => `${name}=${encodeURIComponent(value).replaceAll('%2F', '/').replaceAll('%2C', ',')}`);
  return path + (query.length ? '?' + query.join('&') : '');
};

const tryIt = path => {
  const answer = make('div', { className: 'answer', hidden: true });
  const send = async form => {
    const url = urlOf(path, form);
    const begun = performance.now();
    let line, body, works = false;
    try {
      const response = await fetch(url, { cache: 'no-store' });
      body = await response.text();
      works = response.ok;
      line = `${response.status} ${response.statusText} · ${(performance.now() - begun).toFixed(1)} ms · curl '${location.origin}${url}'`;
      if (response.headers.get('content-type')?.includes('json')) body = JSON.stringify(JSON.parse(body), null, 2);
    } catch (error) {
      line = `No answer: ${error.message}`;
    }
    answer.replaceChildren(make('p', { className: works ? 'ok' : 'failed', textContent: line }), make('pre', { textContent: body ?? '', tabIndex: 0 }));
    answer.hidden = false;
  };
  return { answer, send };
};

const call = (path, method, operation) => {
  const { answer, send } = tryIt(path);
  const form = make('form', {}, ...(operation.parameters ?? []).map(field), make('div', {}, make('button', { textContent: 'Try it' })));
  form.addEventListener('submit', event => {
    event.preventDefault();
    send(form);
  });
  const rows = Object.entries(operation.responses).map(([status, response]) => {
    const schemas = Object.values(response.content ?? {}).map(content => typeOf(content.schema));
    return make('tr', {}, make('td', { textContent: status }), make('td', { textContent: response.description }), make('td', { className: 'type', textContent: schemas.join(' or ') }));
  });
  return make('article', { id: operation.operationId },
    make('h3', { textContent: operation.summary }),
    make('p', { textContent: operation.description }),
    make('p', { className: 'path' }, make('b', { textContent: method.toUpperCase() }), path),
    form, answer,
    make('table', {}, make('tbody', {}, ...rows)));
};

const schema = (name, definition) => {
  const rows = Object.entries(definition.properties ?? {}).map(([property, type]) =>
    make('tr', {}, make('td', { textContent: property }), make('td', { className: 'type', textContent: typeOf(type) }), make('td', { textContent: type.description ?? '' })));
  const content = rows.length
    ? make('table', {}, make('tbody', {}, ...rows))
    : make('p', { className: 'path', textContent: typeOf(definition) });
  return make('details', { className: 'schema', id: `schema-${name}` }, make('summary', { textContent: name }), content);
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
    calls.append(make('h2', { textContent: tag }), ...operations.map(({ path, method, operation }) => call(path, method, operation)));
    nav.append(make('h3', { textContent: tag }), ...operations.map(({ path, operation }) =>
      make('a', { href: `#${operation.operationId}`, textContent: path.replace('/api/v1', '') })));
  }
  const schemas = document.getElementById('schemas');
  schemas.append(...Object.entries(api.components?.schemas ?? {}).map(([name, definition]) => schema(name, definition)));
  schemas.hidden = false;
};

try {
  const response = await fetch('openapi/v1.json');
  if (!response.ok) throw new Error(`HTTP ${response.status}`);
  show(await response.json());
} catch (error) {
  document.getElementById('state').textContent = `openapi/v1.json could not be read: ${error.message}`;
}
