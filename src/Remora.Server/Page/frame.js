// What surrounds every view: the links, the state of the connection, the clock, the notices.
import { setKey } from './api.js';
import { reconnect } from './connection.js';
import { make } from './dom.js';
import { icon } from './icons.js';
import { known } from './knowledge.js';
import { day, now, timeOfDay } from './service-clock.js';

const connectionWords = {
  connecting: 'Connecting …', live: 'Live', polling: 'Polling', lost: 'Not connected', refused: 'Key wanted', limited: 'Too many requests',
};
const connectionHints = { live: 'Every change is shown the moment it happens', polling: 'There is no event stream: the service is asked every 4 seconds' };
const connectionSigns = { refused: 'lost', limited: 'polling' };

export function showLinks(nav, views) {
  nav.replaceChildren(...views.map(({ name, title }) => make('a', { href: `#/${name}`, 'data-view': name }, title)));
}

export function markLink(nav, name) {
  for (const link of nav.children) {
    if (link.dataset.view === name) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
  }
}

function keyForm() {
  const input = make('input', { type: 'password', name: 'key', autocomplete: 'off', required: true });
  const form = make('form', { class: 'choices' }, make('label', null, 'Key (stays in this tab)', input), make('button', { class: 'main' }, 'Use it'));
  form.addEventListener('submit', event => {
    event.preventDefault();
    setKey(input.value.trim());
    reconnect();
  });
  return form;
}

function noticesNow() {
  const notices = [];
  const { sandbox } = known.status ?? {};
  if (sandbox) {
    const pace = sandbox.speed === 1 ? '' : ` Time runs ${sandbox.speed} times as fast.`;
    notices.push(make('p', { class: 'notice sandbox', role: 'note' }, icon('caution'),
      make('span', null, make('strong', null, 'SANDBOX'), ` This is not a real market: prices are ${sandbox.origin === 'replay' ? 'replayed from a file' : sandbox.origin}.${pace}`)));
  }
  const { state, since, detail } = known.connection;
  if (state === 'lost')
    notices.push(make('p', { class: 'notice lost' }, icon('lost'), make('span', null, make('strong', null, 'Not connected'),
      ` since ${timeOfDay(since, true)} UTC: ${detail}. What stands here is what was known then; trying again.`)));
  if (state === 'limited') notices.push(make('p', { class: 'notice lost' }, icon('worn'), make('span', null, detail)));
  if (state === 'refused')
    notices.push(make('div', { class: 'notice lost' }, icon('lost'), make('div', null, make('p', null, make('strong', null, 'The service wants a key. '), detail), keyForm())));
  return notices;
}

export function startFrame({ connection, notices, clock, about }) {
  let shown = '';
  const show = () => {
    const { state } = known.connection;
    if (connection.dataset.state !== state || !connection.firstChild) {
      connection.dataset.state = state;
      connection.title = connectionHints[state] ?? '';
      connection.replaceChildren(icon(connectionSigns[state] ?? state), connectionWords[state]);
    }
    const key = JSON.stringify([known.connection, known.status?.sandbox]);
    if (key === shown) return;
    shown = key;
    notices.replaceChildren(...noticesNow());
  };
  known.on('connection status', show);
  known.on('status', () => {
    const { version, uptime_seconds: uptime } = known.status;
    about.textContent = `Remora ${version}, up for ${uptime < 5400 ? `${Math.round(uptime / 60)} min` : `${Math.round(uptime / 3600)} h`}.`;
  });
  setInterval(() => {
    if (known.status) clock.textContent = `${day(now())}, ${timeOfDay(now(), true)} UTC`;
  }, 500);
  show();
}
