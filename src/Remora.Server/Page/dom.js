// Creates elements. All text of the service is inserted as text, never as markup.

const SVG = 'http://www.w3.org/2000/svg';

const fill = (element, attributes, children) => {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? '' : value);
  }
  element.append(...children.flat().filter(child => child !== null && child !== undefined && child !== false));
  return element;
};

export const make = (tag, attributes, ...children) => fill(document.createElement(tag), attributes, children);

export const drawing = (tag, attributes, ...children) => fill(document.createElementNS(SVG, tag), attributes, children);

/** Sets a length that comes from data. The page's policy allows no styles in markup. */
export const wide = (element, ratio) => {
  element.style.width = `${Math.max(0, Math.min(1, ratio)) * 100}%`;
  return element;
};

export const panel = (title, ...children) =>
  make('section', { class: 'panel', 'aria-label': title }, make('h2', null, title), ...children);

/** A term of a description list with its value, and optionally a note in small type. */
export const fact = (name, value, note) =>
  make('div', null, make('dt', null, name), make('dd', null, value, note && make('small', null, note)));

/**
 * A container whose content is replaced each time it is shown, without moving the focus outside it.
 */
export const place = (attributes, tag = 'div') => {
  const element = make(tag, attributes);
  element.show = (...children) => element.replaceChildren(...children.flat(Infinity).filter(Boolean));
  return element;
};

const rolesOfTable = {
  th: 'rowheader', td: 'cell', tr: 'row', group: 'rowgroup', head: 'columnheader', table: 'table',
};

/**
 * A table: heads are {text, number}, rows are arrays of text or nodes; the first cell of a row is
 * its header. If a wide table does not fit, its rows become cards. The roles keep it a table for
 * screen readers.
 */
export const table = (caption, heads, rows, { footer, isWide = false } = {}) => {
  const roles = isWide ? rolesOfTable : {};
  const cell = (tag, content, index, scope, role = roles[tag]) =>
    make(tag, { class: heads[index].number ? 'number' : null, scope, role, 'data-head': isWide && heads[index].text },
      [content].flat());
  const line = cells =>
    make('tr', { role: roles.tr },
      cells.map((content, index) => index === 0 ? cell('th', content, 0, 'row') : cell('td', content, index)));
  const head = heads.map(({ text }, index) => cell('th', text, index, 'col', roles.head));
  return make('div', { class: 'scroll', tabindex: 0, role: 'group', 'aria-label': caption },
    make('table', { class: isWide ? 'cards' : null, role: roles.table },
      make('caption', null, caption),
      make('thead', { role: roles.group }, make('tr', { role: roles.tr }, head)),
      make('tbody', { role: roles.group }, rows.map(line)),
      footer && make('tfoot', { role: roles.group }, line(footer))));
};
