// Formats numbers for people. The exact value stays in the element's value.
import { make } from './dom.js';

/** The placeholder of an unknown value: a dash, and the reason. */
export const missing = reason =>
  make('span', { class: 'missing', title: reason }, '–', make('span', { class: 'unseen' }, ` (${reason})`));

export const number = (value, digits, reason = 'not known yet') =>
  value === null || value === undefined ? missing(reason) : make('data', { value }, fixed(value, digits));

export const fixed = (value, digits) => {
  const text = Math.abs(value).toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits })
    .replaceAll(',', '\u202f');
  return (value < 0 && Number(text.replaceAll('\u202f', '')) !== 0 ? '−' : '') + text;
};

export const percent = (ratio, digits = 0, reason) =>
  ratio === null || ratio === undefined
    ? missing(reason ?? 'not known yet')
    : make('data', { value: ratio }, `${fixed(ratio * 100, digits)} %`);

/**
 * A ratio of at least 0 as a percentage with two digits, rounded as `remora ask` does, so that
 * sizes, chances and distances are equally exact.
 */
export function rough(ratio) {
  const value = ratio * 100;
  return `${Number(value.toFixed(value < 1 ? 2 : value < 9.95 ? 1 : 0))} %`;
}

export const share = (ratio, reason) =>
  ratio === null || ratio === undefined ? missing(reason) : make('data', { value: ratio }, rough(ratio));

/** A move with its sign. */
export function signed(ratio) {
  const size = rough(Math.abs(ratio));
  return size === '0 %' ? size : `${ratio < 0 ? '−' : '+'}${size}`;
}

/** A price with enough digits to show its changes. */
export function price(value) {
  if (value === null || value === undefined) return '–';
  return fixed(value, value >= 1000 ? 2 : value >= 1 ? 4 : value >= 0.01 ? 6 : 9);
}

export const bytes = value => {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let step = 0;
  for (; value >= 1000 && step < units.length - 1; step++) value /= 1000;
  return `${fixed(value, step === 0 || value >= 100 ? 0 : 1)} ${units[step]}`;
};
