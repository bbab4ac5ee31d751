// The verdict and its reasons, in words.
import { make } from '../dom.js';
import { icon } from '../icons.js';
import { fixed, percent } from '../numbers.js';
import { at, lasting } from '../service-clock.js';
import { answerOf, blockWord, flagWord, plain, verdictOf } from '../words.js';

const isTime = /^\d{4}-\d\d-\d\dT[\d:.]+Z$/;

/** A sentence of the service with its times in readable form. */
const sentence = text => text.split(/(\d{4}-\d\d-\d\dT[\d:.]+Z)/)
  .map(piece => isTime.test(piece) ? at(piece) : plain(piece.replace(/\bflag_/g, '')));

export const reasons = answer =>
  make('ol', { class: 'reasons' }, answer.reasoning.map(text => make('li', null, sentence(text))));

function consequence(answer, verdict, policy) {
  const { blocked_by: blocks, position_scale: scale } = answer;
  if (verdict === 'blocked') return `Because of ${blocks?.map(blockWord).join(' and ') || 'the reasons below'}.`;
  if (verdict === 'unknown') return 'Too little data; bots that fail open are not blocked.';
  const causes = verdict === 'caution' ? causesOfCaution(answer, policy) : [];
  const because = scale === undefined ? 'Because of ' : '. Caution because of ';
  return [
    ...scale === undefined ? [] : [percent(scale, 0, 'the score is unknown'), ' of the usual position'],
    causes.length > 0 && make('span', null, because, causes.join(' and ')),
  ];
}

/**
 * The API lists only what blocks. Caution is caused by a set flag, or by a score at or above the
 * policy's caution threshold.
 */
function causesOfCaution(answer, policy) {
  const raised = Object.entries(answer.event_flags).filter(([, isRaised]) => isRaised).map(([name]) => flagWord(name));
  const from = policy?.decision.caution_score;
  return answer.risk_score >= from ? [...raised, `a score of ${fixed(from, 2)} or more`] : raised;
}

/**
 * Icon, answer and consequence. While the service is unreachable, the last answer is marked as
 * such.
 */
export function headline(answer, question, { policy, tag = 'h3', isLost = false }) {
  const verdict = verdictOf(answer);
  const lastAnswer = () => ['Last answer, at ', at(answer.assessed_at, true), `: ${answerOf(answer).toLowerCase()}.`];
  const [sign, says, then] = isLost
    ? ['unknown', 'Unknown now', lastAnswer()]
    : [verdict, answerOf(answer), consequence(answer, verdict, policy)];
  return make('div', { class: 'headline' }, icon(sign),
    make('div', null, make(tag, null, question), make('p', { class: 'answer' }, says),
      make('p', { class: 'then' }, then)));
}

const standing = (answer, since, isLonger) => [
  answer.safe_to_trade ? 'Allowed for ' : 'Blocked for ', isLonger ? 'at least ' : '',
  lasting(since), ', since ', at(since),
];

/** How long the verdict has been unchanged, as far as this page and the store have data. */
export const sinceWhen = (answer, since, stored) => !since ? null
  : !since.seen && stored?.isBlocked === !answer.safe_to_trade ? standing(answer, stored.since, stored.isLonger)
    : standing(answer, since.since, !since.seen);
