// What a view shows where there is nothing to show: what is missing, and why.
import { make } from '../dom.js';

export const empty = (what, why) => make('p', { class: 'empty' }, make('strong', null, what), why);

/** The store is missing or not open. */
export const noStore = why => empty('No history available', why);

/** A request for history failed. */
export const noPast = error => error.status === 404 ? empty('Nothing is stored', error.message) : empty('The store does not answer', error.message);

/** The shape of content that is being loaded. */
export const loading = (lines = 3) => make('div', { class: 'loading' }, make('span', { class: 'unseen' }, 'Loading'),
  Array.from({ length: lines }, () => make('i', { 'aria-hidden': 'true' })));
