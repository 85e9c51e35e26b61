// The tests of the site, in a browser. To run them by hand, after ./lesson setup --browser and ./lesson book:
//     node --test tools/pages/browser/site.test.mjs
import assert from 'node:assert/strict';
import {existsSync, readFileSync, readdirSync} from 'node:fs';
import {createServer} from 'node:http';
import {extname, join} from 'node:path';
import {after, before, test} from 'node:test';
import {pathToFileURL} from 'node:url';

import {launch, need, root} from '../../compare-stages/browser/browser.mjs';
import {contrast} from '../../compare-stages/browser/contrast.mjs';

const site = join(root, 'build/book');
need(existsSync(join(site, 'index.html')), join(site, 'index.html'), './lesson book');
const inFolder = pathToFileURL(site).href + '/';
const pages = readdirSync(site, {recursive: true}).filter((path) => path.endsWith('.html'));

// What the button for light and dark has to change: the selector and the property of an example.
const coloured = [
  ['text', '.md-content p', 'color'],
  ['figure', '.md-content svg[aria-label]', 'color'],
  ['picture', '.md-content .only-light', 'display'],
];

let browser;
const seen = {light: new Map(), dark: new Map()}; // of each page, what look() found

// Opens a page of the site. `complaints` collects what must not happen.
async function open(url, base, options = {}) {
  const page = await browser.newPage({viewport: {width: 400, height: 800}, ...options});
  const complaints = [];
  const complain = (text) => complaints.push(`${page.url()}: ${text}`);
  page.on('console', (message) => complain(message.text()));
  page.on('pageerror', (error) => complain(error.message));
  page.on('requestfailed', (request) => {
    const {errorText} = request.failure();
    // A page that the test leaves no longer needs its icon.
    if (errorText !== 'net::ERR_ABORTED') complain(`${errorText} for ${request.url()}`);
  });
  page.on('response', (response) => response.ok() || complain(`no ${response.url()}`));
  page.on('request', (request) => {
    if (!request.url().startsWith(base)) complain(`asks for ${request.url()}`);
  });
  await page.goto(url);
  return {page, complaints};
}

// What the tests need to know about a page. It runs in the browser.
function look(coloured) {
  const all = (selector) => [...document.querySelectorAll(selector)];
  for (const fold of all('details')) fold.open = true;
  const shown = all('.md-content *').filter((element) => element.checkVisibility());
  const parts = (colour) => colour.match(/\d+(\.\d+)?/g).map(Number);
  const ancestors = (element) => (element ? [element, ...ancestors(element.parentElement)] : []);
  // The colours of text, and of what is behind it.
  const colours = new Map();
  for (const element of shown) {
    const hasText = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    if (!hasText || element.closest('svg, button') || element.matches('.headerlink')) continue;
    let paper = [255, 255, 255];
    for (const one of ancestors(element).reverse()) {
      const [r, g, b, alpha = 1] = parts(getComputedStyle(one).backgroundColor);
      paper = [r, g, b].map((part, i) => part * alpha + paper[i] * (1 - alpha));
    }
    const {color} = getComputedStyle(element);
    colours.set(`${color} on ${paper}`, {color, paper: `rgb(${paper})`, text: element.textContent.slice(0, 30)});
  }
  return {
    width: document.documentElement.scrollWidth,
    links: all('a[href]').map((link) => link.href),
    anchors: all('[id]').map((element) => element.id),
    nameless: shown
      .filter((element) => element.matches('svg:not([aria-hidden]), img'))
      .filter((element) => !element.ariaLabel && !element.alt)
      .map((element) => element.outerHTML.slice(0, 200)),
    // Text with Markdown in it. Code may contain anything.
    leftOver: all('.md-content :is(p, li, td), .md-nav__link').map((element) => {
      const copy = element.cloneNode(true);
      copy.querySelectorAll('code, pre').forEach((code) => code.replaceWith('code'));
      return copy.textContent.trim().match(/\n *([-*+]|\d\.) .*|```.*|\|[ :-]+\|.*|\]\(.*|`.*/)?.[0];
    }).filter(Boolean),
    colours: [...colours.values()],
    has: coloured.filter(([, selector]) => document.querySelector(selector)).map(([what]) => what),
  };
}

const complaintsOfAllPages = [];
before(async () => {
  browser = await launch();
  for (const colorScheme of ['light', 'dark']) {
    const {page, complaints} = await open(`${inFolder}index.html`, inFolder, {colorScheme});
    for (const path of pages) {
      await page.goto(inFolder + path);
      seen[colorScheme].set(path, await page.evaluate(look, coloured));
    }
    complaintsOfAllPages.push(...complaints);
    await page.close();
  }
});
after(() => browser?.close());

// What `find` finds on each page, with the name of the page.
const found = (find) =>
  [...seen.light].flatMap(([path, facts]) => find(facts).map((one) => `${path}: ${one}`));

test('no page has an error or asks for anything outside the site', () =>
  assert.deepEqual(complaintsOfAllPages, []));

test('each link leads to a page of the site and a heading in it, or to a site with https', () => {
  const problem = (link) => {
    if (link.startsWith('https://')) return [];
    const [path, anchor] = link.slice(inFolder.length).split('#');
    if (!link.startsWith(inFolder) || !existsSync(join(site, path))) return [link];
    return !anchor || seen.light.get(path)?.anchors.includes(decodeURIComponent(anchor)) ? [] : [link];
  };
  assert.deepEqual(found(({links}) => links.flatMap(problem)), []);
});

test('no page is wider than a screen of 400 pixels', () =>
  assert.deepEqual(found(({width}) => (width > 400 ? [width] : [])), []));

test('each figure has a name for readers who do not see it', () =>
  assert.deepEqual(found(({nameless}) => nameless), []));

test('no page shows Markdown that only a hosting site understands', () =>
  assert.deepEqual(found(({leftOver}) => leftOver), []));

for (const colorScheme of ['light', 'dark']) {
  test(`the text and the code of each page are legible in the ${colorScheme} colours`, () => {
    const pale = [...seen[colorScheme]].flatMap(([path, {colours}]) =>
      colours
        .filter(({color, paper}) => contrast(color, paper) < 4.5)
        .map(({color, paper, text}) => `${path}: "${text}" is ${color} on ${paper}`),
    );
    assert.deepEqual(pale, []);
  });
}

// A web server that knows only the site.
async function serve() {
  const types = {'.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml'};
  const server = createServer(({url}, response) => {
    const file = join(site, decodeURIComponent(new URL(url, 'http://localhost').pathname));
    if (!existsSync(file)) return response.writeHead(404).end();
    const type = types[extname(file)] ?? 'application/octet-stream';
    response.writeHead(200, {'Content-Type': type}).end(readFileSync(file));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {server, base: `http://127.0.0.1:${server.address().port}/`};
}

async function searches(base) {
  const {page, complaints} = await open(`${base}async-client/index.html`, base, {
    viewport: {width: 1300, height: 900},
  });
  await page.locator('.md-search__input').click();
  await page.keyboard.type('dataReceived');
  const first = page.locator('.md-search-result__link').first();
  await first.waitFor();
  await first.click();
  await page.locator('article', {hasText: 'dataReceived'}).waitFor();
  assert.doesNotMatch(page.url(), /async-client/);
  assert.deepEqual(complaints, []);
  await page.close();
}

test('the search finds dataReceived when the site is opened from a folder', () => searches(inFolder));

test('the search finds dataReceived when a web server has the site', async () => {
  const {server, base} = await serve();
  try {
    await searches(base);
  } finally {
    server.closeAllConnections();
    server.close();
  }
});

for (const [what, selector, property] of coloured) {
  test(`the button for light and dark changes the ${what} of a page, and changes it back`, async () => {
    const path = pages.find((one) => seen.light.get(one).has.includes(what));
    const {page} = await open(inFolder + path, inFolder, {colorScheme: 'light'});
    const example = page.locator(selector).first();
    const value = () => example.evaluate((one, name) => getComputedStyle(one)[name], property);
    const isDark = () =>
      page.evaluate(() => /^rgb\((\d\d?), /.test(getComputedStyle(document.body).backgroundColor));
    const button = page.locator('label[for^=__palette]:visible');
    const light = await value();
    assert.equal(await isDark(), false);
    await button.click();
    assert.notEqual(await value(), light);
    assert.equal(await isDark(), true);
    await button.click();
    assert.equal(await value(), light);
    await page.close();
  });
}

test('a page links to the page of a recorded run, which plays it', async () => {
  const path = pages.find((one) =>
    seen.light.get(one).links.some((link) => link.endsWith('/compare-run.html')),
  );
  const {page, complaints} = await open(inFolder + path, inFolder);
  await page.locator('a[href$="compare-run.html"]').first().click();
  await page.locator('#timelines svg').first().waitFor();
  assert.equal(await page.evaluate(() => comparison.stages.length), 5);
  const end = await page.evaluate(() => (setTime(0), comparison.slowest));
  await page.locator('#play').click();
  await page.waitForFunction((time) => parseFloat(document.querySelector('#time').textContent) > time, end / 10);
  assert.deepEqual(complaints, []);
  await page.close();
});
