// Keeps the files of the page and its last answers, so that the installed page starts while the
// service does not answer. Kept answers say when they were received.
const names = { files: 'remora-files-1', answers: 'remora-answers-1' };
const files = ['', 'page.js', 'page.css', 'theme.js', 'icon.svg', 'icon-192.png', 'manifest.webmanifest'];
const answers = /^api\/v1\/(pairs|policies|status|risk|risk\/batch)$/;
const base = new URL(self.registration.scope).pathname;

async function fromNetwork(request, name, prepare, mayBeKept) {
  const cache = await caches.open(name);
  try {
    const response = await fetch(request);
    if (response.ok) await cache.put(request.url, await prepare(response.clone()));
    else if (response.status === 401) await caches.delete(names.answers); // the key is no longer valid
    return response;
  } catch (error) {
    const kept = mayBeKept && await cache.match(request.url, { ignoreVary: true });
    if (kept) return kept;
    throw error;
  }
}

async function dated(response) {
  const headers = new Headers(response.headers);
  headers.set('X-Remora-Kept', new Date().toISOString());
  return new Response(await response.blob(), { headers });
}

addEventListener('install', event => {
  const load = async () => (await caches.open(names.files)).addAll(files.map(file => base + file));
  event.waitUntil(load().then(() => self.skipWaiting()));
});

addEventListener('activate', event => {
  const clean = async () => {
    const known = Object.values(names);
    await Promise.all((await caches.keys()).filter(name => !known.includes(name)).map(name => caches.delete(name)));
    await self.clients.claim();
  };
  event.waitUntil(clean());
});

addEventListener('fetch', event => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== 'GET' || url.origin !== location.origin || !url.pathname.startsWith(base)) return;
  const path = url.pathname.slice(base.length);
  if (files.includes(path)) event.respondWith(fromNetwork(request, names.files, response => response, true));
  else if (answers.test(path))
    event.respondWith(fromNetwork(request, names.answers, dated, request.headers.has('X-Remora-Kept')));
});
