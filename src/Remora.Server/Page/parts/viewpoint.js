// The choice of side and policy.
import { reconnect } from '../connection.js';
import { make } from '../dom.js';
import { known } from '../knowledge.js';

export function viewpointChoice(signal) {
  const change = more => {
    known.setViewpoint({ ...known.viewpoint, ...more });
    reconnect();
    show();
  };
  const sides = {
    long: make('button', { type: 'button', onclick: () => change({ side: null }) }, 'Long'),
    short: make('button', { type: 'button', onclick: () => change({ side: 'short' }) }, 'Short'),
  };
  const policy = make('select', {
    'aria-label': 'Policy',
    onchange: () => change({ policy: policy.value === known.policies?.default ? null : policy.value }),
  });
  const show = () => {
    for (const [side, button] of Object.entries(sides))
      button.setAttribute('aria-pressed', String((known.viewpoint.side ?? 'long') === side));
    const names = known.policies?.policies.map(({ name }) => name) ?? [];
    if (names.join() !== [...policy.options].map(option => option.value).join())
      policy.replaceChildren(...names.map(name =>
        make('option', { value: name }, name === known.policies.default ? `${name} (default)` : name)));
    policy.value = known.viewpoint.policy ?? known.policies?.default ?? '';
    policy.hidden = names.length === 0;
  };
  show();
  known.on('policies', show, signal);
  return make('div', { class: 'viewpoint choices' },
    make('div', { class: 'segments', role: 'group', 'aria-label': 'Side' }, Object.values(sides)), policy);
}
