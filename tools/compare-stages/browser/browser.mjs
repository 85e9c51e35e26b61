// What the tests and the pictures of the page have in common: a comparison, a page made of it, and
// the system's Chromium, without a window, to open it in.
import {execFileSync, spawnSync} from 'node:child_process';
import {existsSync, mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {dirname, join, resolve} from 'node:path';
import {fileURLToPath, pathToFileURL} from 'node:url';

export const root = resolve(dirname(fileURLToPath(import.meta.url)), '../../..');
export const out = join(root, 'build/browser');
const programs = resolve(root, process.env.POETRY_BIN_DIR ?? 'build/bin');

// Says in one line what is missing, and how to get it.
function need(isThere, what, command) {
  if (isThere) return;
  console.error(`${what} is missing. ${command} gets it.`);
  process.exit(1);
}

const executablePath = spawnSync('sh', ['-c', 'command -v chromium'], {encoding: 'utf8'})
  .stdout.trim();
need(executablePath, 'chromium', './lesson setup --browser');
// playwright-core lies in the build folder, where nobody looks by himself.
const driver = join(out, 'node_modules/playwright-core');
need(existsSync(driver), driver, './lesson setup --browser');
const {chromium} = createRequire(join(out, 'package.json'))('playwright-core');

// A browser that speaks to nobody, with a profile that is new and gone afterwards.
export function launch() {
  return chromium.launch({
    executablePath,
    args: [
      '--no-sandbox',
      '--headless',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--disable-dev-shm-usage',
    ],
  });
}

function program(name) {
  const file = join(programs, name);
  need(existsSync(file), file, './lesson build');
  return file;
}

// Runs compare-stages with these options; returns its JSON, the file with its page, and what it
// printed.
export function compare(name, options) {
  mkdirSync(out, {recursive: true});
  const [json, html] = [join(out, `${name}.json`), join(out, `${name}.html`)];
  const printed = execFileSync(
    program('compare-stages'),
    [...options, '--json', json, '--html', html],
    {cwd: root, stdio: ['ignore', 'pipe', 'inherit'], encoding: 'utf8'},
  );
  return {comparison: JSON.parse(readFileSync(json)), html, printed};
}

// Makes a page of a comparison that nobody ran.
export function pageOf(name, comparison) {
  mkdirSync(out, {recursive: true});
  const [json, html] = [join(out, `${name}.json`), join(out, `${name}.html`)];
  writeFileSync(json, JSON.stringify(comparison));
  execFileSync(program('page-from-json'), [json, html]);
  return {comparison, html};
}

// Opens a page. `complaints` is what it should never have: errors, and requests for anything else.
export async function open(browser, html, options = {}) {
  const page = await browser.newPage({viewport: {width: 1200, height: 900}, ...options});
  const url = pathToFileURL(html).href;
  const complaints = [];
  page.on('console', (message) => complaints.push(`console: ${message.text()}`));
  page.on('pageerror', (error) => complaints.push(`error: ${error.message}`));
  page.on('request', (request) => {
    if (request.url() !== url && request.url() !== 'data:,')
      complaints.push(`request: ${request.url()}`);
  });
  // By the test's clock, which stands still unless the test moves it.
  if (options.ownClock) await page.clock.install({time: 0});
  await page.goto(url);
  if (options.ownClock) await page.clock.pauseAt(1e6);
  return {page, complaints};
}
