// Light, dark, or the system's setting; stored in this browser.
import { icon } from './icons.js';

const order = ['system', 'light', 'dark'];
const signs = { system: 'screen', light: 'sun', dark: 'moon' };

export function startThemeButton(button) {
  const show = () => {
    const chosen = document.documentElement.dataset.theme ?? 'system';
    button.replaceChildren(icon(signs[chosen]));
    button.setAttribute('aria-label', `Colours: ${chosen}`);
    button.title = `Colours: ${chosen}`;
  };
  button.addEventListener('click', () => {
    const next = order[(order.indexOf(document.documentElement.dataset.theme ?? 'system') + 1) % order.length];
    if (next === 'system') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = next;
    try {
      localStorage.setItem('remora-theme', next);
    } catch { /* the choice is applied but not stored */ }
    show();
    dispatchEvent(new Event('themechange'));
  });
  show();
}
