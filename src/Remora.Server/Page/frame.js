// The frame around every view: navigation, state of the connection, clock, notices.
import { setKey } from './api.js';
import { reconnect } from './connection.js';
import { make } from './dom.js';
import { icon } from './icons.js';
import { known } from './knowledge.js';
import { agoReal, day, now, span, timeOfDay } from './service-clock.js';

const connectionWords = {
  connecting: 'Connecting …', live: 'Live', polling: 'Polling', lost: 'Not connected', refused: 'Key required',
  limited: 'Too many requests',
};
const connectionHints = { live: 'Changes appear at once', polling: 'No event stream: polling every 4 seconds' };
const connectionSigns = { refused: 'lost', limited: 'polling' };

const link = (name, title) => make('a', { href: `#/${name}`, 'data-view': name }, title);

export const showGroups = (nav, groups) =>
  nav.replaceChildren(...groups.map(({ title, views }) => link(views[0].name, title)));

/** The views of a group, if it has several. */
export function showTabs(nav, { title, views }) {
  nav.hidden = views.length === 1;
  nav.setAttribute('aria-label', title);
  nav.replaceChildren(...(nav.hidden ? [] : views.map(view => link(view.name, view.title))));
}

export function markLinks(nav, name) {
  for (const link of nav.children) {
    if (link.dataset.view === name) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
  }
}

function keyForm() {
  const input = make('input', { type: 'password', name: 'key', autocomplete: 'off', required: true });
  const keep = make('input', { type: 'checkbox', name: 'keep' });
  const form = make('form', { class: 'choices' }, make('label', null, 'API key', input),
    make('label', { class: 'small' }, keep, ' Keep it on this device, not only in this tab'),
    make('button', { class: 'main' }, 'Sign in'));
  form.addEventListener('submit', event => {
    event.preventDefault();
    setKey(input.value.trim(), keep.checked);
    reconnect();
  });
  return form;
}

function noticesNow() {
  const notices = [];
  const { sandbox } = known.status ?? {};
  if (sandbox) {
    const origin = sandbox.origin === 'replay' ? 'replayed from a file' : sandbox.origin;
    const pace = sandbox.speed === 1 ? '' : ` Time runs ${sandbox.speed} times faster than real time.`;
    notices.push(make('p', { class: 'notice sandbox', role: 'note' }, icon('caution'),
      make('span', null, make('strong', null, 'SANDBOX'),
        ` This is not a real market: prices are ${origin}.${pace}`)));
  }
  const { state, since, detail, kept } = known.connection;
  if (state === 'lost' && kept)
    notices.push(make('p', { class: 'notice lost' }, icon('lost'),
      make('span', null, make('strong', null, 'Offline'), `: ${detail}. The values were received `,
        agoReal(new Date(kept).toISOString()), ', on an earlier visit. Retrying.')));
  else if (state === 'lost')
    notices.push(make('p', { class: 'notice lost' }, icon('lost'),
      make('span', null, make('strong', null, 'Not connected'),
        ` since ${timeOfDay(since, true)} UTC: ${detail}. The values are the last ones received. Retrying.`)));
  if (state === 'limited') notices.push(make('p', { class: 'notice lost' }, icon('worn'), make('span', null, detail)));
  if (state === 'refused')
    notices.push(make('div', { class: 'notice lost' }, icon('lost'),
      make('div', null, make('p', null, make('strong', null, 'This service requires a key. '), detail), keyForm())));
  return notices;
}

// Rounded down: 99.996 % is not 100 %.
const availableText = availability => availability
  ? ` Available ${(Math.floor(availability.ratio * 10_000) / 100).toFixed(2)} % of the last `
    + `${span(availability.minutes * 60)}.`
  : '';

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
    const { version, uptime_seconds: uptime, availability } = known.status;
    const duration = uptime < 5400 ? `${Math.round(uptime / 60)} min` : `${Math.round(uptime / 3600)} h`;
    about.textContent = `Remora ${version}, up for ${duration}.${availableText(availability)}`;
  });
  setInterval(() => {
    if (known.status) clock.textContent = `${day(now())}, ${timeOfDay(now(), true)} UTC`;
  }, 500);
  show();
}
