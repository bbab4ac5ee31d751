// Starts the page: its views and the frame around them.
import './styles/page.css';
import { takeKey } from './api.js';
import { startAnnouncer } from './announcer.js';
import { connect } from './connection.js';
import { known } from './knowledge.js';
import { markLinks, showGroups, showTabs, startFrame } from './frame.js';
import { keepCounting } from './service-clock.js';
import { startThemeButton } from './theme-button.js';
import { startWatching } from './watched.js';
import { book } from './views/book.js';
import { forecast } from './views/forecast.js';
import { history } from './views/history.js';
import { lab } from './views/lab.js';
import { moment } from './views/moment.js';
import { now } from './views/now.js';
import { record } from './views/record.js';
import { sources } from './views/sources.js';
import { store } from './views/store.js';
import { traffic } from './views/traffic.js';

// A group is one entry of the navigation. Its views are tabs.
const groups = [
  { title: 'Now', views: [now] },
  { title: 'Forecast', views: [forecast] },
  { title: 'Book', views: [book] },
  { title: 'Track record', views: [record] },
  { title: 'History', views: [history, moment] },
  { title: 'Lab', views: [lab] },
  { title: 'System', views: [sources, store, traffic] },
];
const views = groups.flatMap(group => group.views);
const byId = id => document.getElementById(id);
const [main, nav, tabs] = [byId('main'), byId('views'), byId('tabs')];
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
  const group = groups.find(candidate => candidate.views.includes(view));
  showTabs(tabs, group);
  markLinks(nav, group.views[0].name);
  markLinks(tabs, view.name);
  view.show(main, new URLSearchParams(query ?? ''), leave.signal);
  if (!isFirst && !isSame) main.focus({ preventScroll: true });
}

takeKey();
showGroups(nav, groups);
startThemeButton(byId('theme'));
startFrame({ connection: byId('connection'), notices: byId('notices'), clock: byId('clock'), about: byId('about') });
startAnnouncer(byId('announcer'));
startWatching();
keepCounting();
addEventListener('hashchange', route);
// The store became available or unavailable.
known.on('store', () => views.find(({ name }) => name === main.dataset.view).needsStore && route());
route();
connect();
// Needs https or this machine. Without it the page works, and cannot be installed.
navigator.serviceWorker?.register('sw.js').catch(() => { /* the browser forbids it */ });
