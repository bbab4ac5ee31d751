// The table of contents.
import './styles/page.css';
import { startAnnouncer } from './announcer.js';
import { connect } from './connection.js';
import { known } from './knowledge.js';
import { markLink, showLinks, startFrame } from './frame.js';
import { keepCounting } from './service-clock.js';
import { startThemeButton } from './theme-button.js';
import { startWatching } from './watched.js';
import { history } from './views/history.js';
import { now } from './views/now.js';
import { past } from './views/past.js';
import { sources } from './views/sources.js';
import { store } from './views/store.js';
import { traffic } from './views/traffic.js';

const views = [now, history, past, traffic, store, sources];
const byId = id => document.getElementById(id);
const [main, nav] = [byId('main'), byId('views')];
let leave = new AbortController();

/** #/history?pair=BTC/USDT is the view `history` with that query. */
function route() {
  const [path, query] = location.hash.replace(/^#\/?/, '').split('?');
  const view = views.find(({ name }) => name === path) ?? now;
  leave.abort();
  leave = new AbortController();
  const isFirst = main.dataset.view === undefined;
  const isSame = main.dataset.view === view.name;
  main.dataset.view = view.name;
  document.title = view.name ? `${view.title} · Remora` : 'Remora';
  markLink(nav, view.name);
  view.show(main, new URLSearchParams(query ?? ''), leave.signal);
  if (!isFirst && !isSame) main.focus({ preventScroll: true });
}

showLinks(nav, views);
startThemeButton(byId('theme'));
startFrame({ connection: byId('connection'), notices: byId('notices'), clock: byId('clock'), about: byId('about') });
startAnnouncer(byId('announcer'));
startWatching();
keepCounting();
addEventListener('hashchange', route);
known.on('store', () => views.find(({ name }) => name === main.dataset.view).isOfThePast && route()); // it has come, or gone
route();
connect();
