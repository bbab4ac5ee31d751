// Event flags: set, not set or unknown, and whether they block.
import { make } from '../dom.js';
import { icon } from '../icons.js';
import { flagWord } from '../words.js';

export function flags(answer, policy) {
  const blocking = new Set((policy?.decision.blocking_flags ?? []).map(name => `flag_${name}`));
  const items = Object.entries(answer.event_flags).map(([name, raised]) => {
    const blocks = raised && (answer.blocked_by?.includes(name) ?? false);
    const state = blocks ? 'blocks' : raised ? 'yes' : raised === null ? 'unknown' : 'no';
    const word = { blocks: 'raised, blocks', yes: 'raised', no: 'not raised', unknown: 'not known' }[state];
    const title = blocking.has(name) ? 'blocks entries when it is raised' : 'a warning: it does not block by itself';
    return make('li', { class: 'flag', 'data-raised': state, title },
      state === 'no' ? null : icon({ blocks: 'blocked', yes: 'flag', unknown: 'unknown' }[state]), flagWord(name),
      make('span', { class: state === 'no' ? 'unseen' : null }, state === 'yes' ? '' : ` (${word})`));
  });
  return make('ul', { class: 'flags' }, items);
}
