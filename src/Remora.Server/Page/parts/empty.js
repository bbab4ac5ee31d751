// What stands where there is nothing to show: that, and why.
import { make } from '../dom.js';

export const empty = (what, why) => make('p', { class: 'empty' }, make('strong', null, what), why);

export const noStore = () => empty('No store is configured', 'This service keeps no past. Started with a store (see docs/settings.md), it does.');

/** Why a question about the past has no answer. */
export const noPast = error => error.status === 404 ? empty('Nothing is stored', error.message) : empty('The store does not answer', error.message);
