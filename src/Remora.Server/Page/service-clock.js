// The service's clock, which can run faster in a sandbox, and all texts that show its times.
import { make } from './dom.js';

let base = Date.now(), taken = performance.now(), speed = 1;

/** The service's time at the middle of the request. */
export const setClock = (text, pace, asked) =>
  [base, taken, speed] = [Date.parse(text), (asked + performance.now()) / 2, pace];

/**
 * An event that has happened cannot be in the future. If it is, the clock is slow and is corrected.
 */
export const hasPassed = text => {
  const then = Date.parse(text);
  if (then > now()) [base, taken] = [then, performance.now()];
};

/** Milliseconds since 1970 by the service's clock. */
export const now = () => base + (performance.now() - taken) * speed;

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const two = value => String(value).padStart(2, '0');

export const timeOfDay = (at, seconds = false) => {
  const date = new Date(at);
  return `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}${seconds ? ':' + two(date.getUTCSeconds()) : ''}`;
};

export const day = (at, year = false) => {
  const date = new Date(at);
  return `${date.getUTCDate()} ${months[date.getUTCMonth()]}${year ? ' ' + date.getUTCFullYear() : ''}`;
};

/** Formats a time as 21 Nov 11:35, with the year if it is not the current one. */
export const moment = (at, seconds = false) =>
  `${day(at, new Date(at).getUTCFullYear() !== new Date(now()).getUTCFullYear())} ${timeOfDay(at, seconds)}`;

export const span = seconds => {
  if (seconds < 90) return `${Math.max(0, Math.round(seconds))} s`;
  if (seconds < 90 * 60) return `${Math.round(seconds / 60)} min`;
  if (seconds < 36 * 3600) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86400)} days`;
};

const wordings = {
  ago: at => `${span((now() - at) / 1000)} ago`,
  agoReal: at => `${span((Date.now() - at) / 1000)} ago`,
  lasting: at => span((now() - at) / 1000),
  due: at => at > now() ? `in ${span((at - now()) / 1000)}` : 'now',
};

const iso = at => new Date(at).toISOString();

/** The time in UTC. */
export const at = (text, seconds = false) =>
  make('time', { datetime: iso(Date.parse(text)) }, moment(Date.parse(text), seconds));

const counting = kind => text => {
  const then = Date.parse(text);
  return make('time', { datetime: iso(then), 'data-counts': kind, title: `${moment(then, true)} UTC` },
    wordings[kind](then));
};

/** The time since then, updated continuously. */
export const ago = counting('ago');

/** The same for times by the real clock, independent of the service's clock: those of the store. */
export const agoReal = counting('agoReal');

/** The duration so far. */
export const lasting = counting('lasting');

/** The time until then. */
export const due = counting('due');

export const keepCounting = () => setInterval(() => {
  for (const element of document.querySelectorAll('[data-counts]')) {
    const text = wordings[element.dataset.counts](Date.parse(element.dateTime));
    if (element.textContent !== text) element.textContent = text;
  }
}, 1000);
