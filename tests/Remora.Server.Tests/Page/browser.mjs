// A headless Chromium that runs the commands on standard input, one JSON object per line, and
// answers each with a line.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';
import { chromium } from 'playwright-core';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const patience = 60_000;
const isRoot = process.getuid?.() === 0;
const browser = await chromium.launch({ executablePath: process.argv[2], args: isRoot ? ['--no-sandbox'] : [] });
let context = null, page = null, faults = null;

const commands = {
  // `answers` replace those of the service: bodies by the paths of the API.
  async open({ url, width, height, dark, answers, workers }) {
    await context?.close();
    context = await browser.newContext({
      viewport: { width, height }, colorScheme: dark ? 'dark' : 'light', reducedMotion: 'reduce',
      serviceWorkers: workers ? 'allow' : 'block',
    });
    page = await context.newPage();
    faults = { console: [], hosts: new Set() };
    page.on('console', message => message.type() === 'error' && faults.console.push(message.text()));
    page.on('pageerror', error => faults.console.push(String(error.stack)));
    page.on('request', request => request.url().startsWith('data:') || faults.hosts.add(new URL(request.url()).origin));
    for (const [path, body] of Object.entries(answers))
      await page.route(address => address.pathname === `/api/v1/${path}`,
        route => route.fulfill({ contentType: 'application/json', body }));
    await page.goto(url);
  },
  // The condition is an expression in the page. Playwright's own waiting would evaluate it inside
  // the page, which the page's content security policy forbids.
  async until({ condition }) {
    for (const end = performance.now() + patience; performance.now() < end;) {
      // Between two documents there is no page to evaluate in.
      if (await page.evaluate(condition).catch(() => false)) return;
      await setTimeout(50);
    }
    const shown = await page.evaluate('document.body.innerText');
    throw new Error(`it did not come about: ${condition}; the page says: ${shown}`);
  },
  ask: ({ expression }) => page.evaluate(expression),
  press: ({ key }) => page.keyboard.press(key),
  click: ({ selector }) => page.click(selector, { timeout: patience }),
  async check() {
    await page.evaluate(axe);
    const { violations } = await page.evaluate(() => globalThis.axe.run());
    const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
    return serious.map(({ impact, id, nodes }) => {
      const failures = nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`);
      return `${impact} ${id}: ${failures.join('; ')}`;
    });
  },
  // Why the browser would not install the page.
  async install() {
    const session = await context.newCDPSession(page);
    const { installabilityErrors } = await session.send('Page.getInstallabilityErrors');
    return installabilityErrors.map(({ errorId }) => errorId);
  },
  picture: ({ path }) => page.screenshot({ path, fullPage: true }).then(() => null),
  faults: () => ({ console: faults.console, hosts: [...faults.hosts] }),
};

for await (const line of createInterface({ input: process.stdin })) {
  let answer;
  try {
    const { command, ...given } = JSON.parse(line);
    answer = { result: await commands[command](given) ?? null };
  } catch (error) {
    answer = { error: String(error.message) };
  }
  process.stdout.write(JSON.stringify(answer) + '\n');
}
await browser.close();
