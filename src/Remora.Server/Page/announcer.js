// Announces a change of the verdict to screen readers, and nothing else.
import { known } from './knowledge.js';
import { blockWord, verdictWord } from './words.js';

export function startAnnouncer(element) {
  const changes = new Map();
  let timer = null;
  known.on('assessment', ({ key, assessment, verdict, before }) => {
    if (before === undefined || before === verdict) return;
    const why = verdict === 'blocked' ? `: ${assessment.blocked_by.map(blockWord).join(', ')}` : '';
    changes.set(key, `${assessment.pair}: ${verdictWord[verdict].toLowerCase()}${why}`);
    timer ??= setTimeout(() => {
      element.textContent = [...changes.values()].join('. ');
      changes.clear();
      timer = null;
    }, 1000);
  });
}
