// What page.test.mjs and figures.mjs share: they run a comparison, make a page of it, and open the
// page in the system's Chromium, without a window.
import {execFileSync, spawnSync} from 'node:child_process';
import {existsSync, mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {dirname, join, resolve} from 'node:path';
import {fileURLToPath, pathToFileURL} from 'node:url';

export const root = resolve(dirname(fileURLToPath(import.meta.url)), '../../..');
export const out = join(root, 'build/browser');
const programs = resolve(root, process.env.POETRY_BIN_DIR ?? 'build/bin');

// Ends the program with a line that names what is missing and the command that makes it.
export function need(isThere, what, command) {
  if (isThere) return;
  console.error(`${what} is missing. Run ${command} first.`);
  process.exit(1);
}

const executablePath = spawnSync('sh', ['-c', 'command -v chromium'], {encoding: 'utf8'})
  .stdout.trim();
need(executablePath, 'chromium', './lesson setup --browser');
// playwright-core is in the build folder, where import does not look for it.
const driver = join(out, 'node_modules/playwright-core');
need(existsSync(driver), driver, './lesson setup --browser');
const {chromium} = createRequire(join(out, 'package.json'))('playwright-core');

// A browser without background network traffic, and with a fresh profile that is deleted at the end.
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

// Runs compare-stages with these options. Returns its JSON, the file with its page, and its output.
export function compare(name, options, exitCode = 0) {
  mkdirSync(out, {recursive: true});
  const [json, html] = [join(out, `${name}.json`), join(out, `${name}.html`)];
  const {status, stdout: printed} = spawnSync(
    program('compare-stages'),
    ['--json', json, '--html', html, ...options],
    {cwd: root, stdio: ['ignore', 'pipe', 'inherit'], encoding: 'utf8'},
  );
  if (status !== exitCode) throw new Error(`compare-stages: exit code ${status}\n${printed}`);
  return {comparison: JSON.parse(readFileSync(json)), html, printed};
}

// Makes a page from a comparison that was written by hand. `base` is a page in page/.
export function pageOf(name, comparison, base = 'page.html') {
  mkdirSync(out, {recursive: true});
  const [json, html] = [join(out, `${name}.json`), join(out, `${name}.html`)];
  writeFileSync(json, JSON.stringify(comparison));
  execFileSync(program('page-from-json'), [json, html, base]);
  return {comparison, html};
}

// Opens a page. `complaints` collects what must not happen: errors, and requests for other files.
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
  // Time stands still unless the test moves the clock.
  if (options.ownClock) await page.clock.install({time: 0});
  await page.goto(url);
  if (options.ownClock) await page.clock.pauseAt(1e6);
  return {page, complaints};
}
