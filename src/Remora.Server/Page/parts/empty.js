// The content of a view without data: what is missing, and why.
import { make } from '../dom.js';

export const empty = (what, why) => make('p', { class: 'empty' }, make('strong', null, what), why);

/** The store is missing or not available. */
export const noStore = why => empty('No history available', why);

/** A request for history failed. */
export const noPast = error =>
  empty(error.status === 404 ? 'Nothing is stored' : 'The store does not answer', error.message);

/** A placeholder for content that is loading. */
export const loading = (lines = 3) => make('div', { class: 'loading' }, make('span', { class: 'unseen' }, 'Loading'),
  Array.from({ length: lines }, () => make('i', { 'aria-hidden': 'true' })));
