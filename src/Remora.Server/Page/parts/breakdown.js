// The five parts of the score as a table. They add up to the score.
import { make, table, wide } from '../dom.js';
import { number } from '../numbers.js';
import { parts } from '../words.js';

export function breakdown(assessment) {
  const addends = assessment.risk_breakdown;
  const known = parts.map(({ name }) => addends[name]).filter(value => value !== null);
  const most = Math.max(0.35, ...known);
  const rows = parts.map(({ name, word }) => [
    make('span', { class: `part-${name} nowrap` }, make('i', { class: 'swatch' }), word),
    make('span', { class: `meter part-${name}` }, wide(make('i'), (addends[name] ?? 0) / most)),
    number(addends[name], 3, 'too little is known of this part'),
  ]);
  const sum = known.reduce((a, b) => a + b, 0);
  const isCut = assessment.risk_score !== null && Math.abs(sum - assessment.risk_score) > 1e-9;
  const heads = [{ text: 'Part' }, { text: '' }, { text: 'Adds', number: true }];
  const score = number(assessment.risk_score, 3, 'not known while a part of it is not');
  const footer = ['Score', isCut ? 'held to 0 … 1' : '', score];
  const element = table('What the score is made of', heads, rows, { footer });
  element.classList.add('parts');
  for (const cell of element.querySelectorAll('td:nth-child(2)')) cell.classList.add('bar');
  element.querySelector('thead th:nth-child(2)').append(make('span', { class: 'unseen' }, 'Size'));
  return element;
}
