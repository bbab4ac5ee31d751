// What stands where there is nothing to show: that, and why.
import { make } from '../dom.js';

export const empty = (what, why) => make('p', { class: 'empty' }, make('strong', null, what), why);

/** What stands in place of the past while it cannot be asked for. */
export const noStore = why => empty('There is no past to show', why);

/** Why a question about the past has no answer. */
export const noPast = error => error.status === 404 ? empty('Nothing is stored', error.message) : empty('The store does not answer', error.message);
