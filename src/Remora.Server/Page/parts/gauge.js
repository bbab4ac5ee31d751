// The risk gauge: an arc whose filled part consists of the five parts, so that it ends at the
// score.
import { drawing } from '../dom.js';
import { fixed } from '../numbers.js';
import { parts, plain } from '../words.js';

const [x, y, radius, thick] = [100, 100, 78, 17];
const point = (score, r) => {
  const angle = Math.PI * score;
  return `${(x - r * Math.cos(angle)).toFixed(2)} ${(y - r * Math.sin(angle)).toFixed(2)}`;
};
const arc = (from, to) => `M${point(from, radius)}A${radius} ${radius} 0 0 1 ${point(to, radius)}`;
const across = (score, inner, outer) => `M${point(score, radius - inner)}L${point(score, radius + outer)}`;
const stroke = (d, className, width = thick) =>
  drawing('path', { d, class: className, fill: 'none', 'stroke-width': width });

const textAt = (score, r, className, ...lines) => {
  const [left, top] = point(score, r).split(' ');
  const anchor = score < 0.45 ? 'end' : score > 0.55 ? 'start' : 'middle';
  return drawing('text', { y: top, class: className, 'text-anchor': anchor },
    lines.map((text, index) => drawing('tspan', { x: left, dy: index * 10 }, text)));
};

export function gauge(assessment, policy) {
  const { risk_score: score, risk_class: name, risk_breakdown: breakdown } = assessment;
  const arcs = [];
  if (score !== null) {
    let from = 0;
    for (const part of parts) {
      const to = Math.min(1, from + (breakdown[part.name] ?? 0));
      if (to > from) arcs.push(stroke(arc(from, to), `part-${part.name}`));
      from = to;
    }
  }
  const boundaries = policy ? Object.values(policy.classes) : [];
  const blocking = policy?.decision.blocking_score;
  const label = (score === null
    ? 'The risk score is not known yet.'
    : `Risk score ${fixed(score, 2)} of 1, ${plain(name)}.`)
    + (blocking ? ` Entries are blocked from ${fixed(blocking, 2)}.` : '');
  return drawing('svg', { class: 'gauge', viewBox: '-24 0 248 116', role: 'img', 'aria-label': label },
    stroke(arc(0, 1), 'rail'),
    arcs,
    boundaries.map(boundary => stroke(across(boundary, thick / 2, thick / 2), 'boundary', 1.5)),
    blocking && [
      stroke(across(blocking, thick / 2 + 3, thick / 2 + 4), 'mark', 2),
      textAt(blocking, radius + 15, 'mark-word', 'blocks', `from ${fixed(blocking, 2)}`),
    ],
    drawing('text', { x: x - radius, y: 113, 'text-anchor': 'middle' }, '0'),
    drawing('text', { x: x + radius, y: 113, 'text-anchor': 'middle' }, '1'),
    drawing('text', { x, y: 86, class: 'score', 'text-anchor': 'middle' }, score === null ? '–' : fixed(score, 2)),
    drawing('text', { x, y: 103, class: 'class', 'text-anchor': 'middle' },
      score === null ? 'not known yet' : `${plain(name)} risk`));
}
