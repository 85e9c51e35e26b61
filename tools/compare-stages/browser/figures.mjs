// Makes the pictures and the terminal output in docs/reference/compare.md again, from a real run:
//     node tools/compare-stages/browser/figures.mjs
// ./lesson setup --browser and ./lesson build have to run before.
import {readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';

import {compare, launch, open, root} from './browser.mjs';

const pictures = {
  timelines: {of: '#timelines', prepare: () => {}},
  replay: {of: '#clients', prepare: () => setTime(comparison.slowest * 0.6)},
  loop: {
    of: '#inside',
    // The first line that dataReceived prints after half of the time.
    prepare: () => {
      setTime(comparison.slowest / 2);
      const steps = stepsOf(clock.client);
      setStep(steps.findIndex((step, i) => i > clock.step && step.kind === 'print'));
    },
  },
};

// Replaces the code block after the mark with the picture and the table. The blocks of the output are
// separated by empty lines. The first two are the tasks and the runs, the last one names the page.
function saveTranscript(printed) {
  const file = join(root, 'docs/reference/compare.md');
  const shown = printed.trimEnd().split('\n\n').slice(2, -1).join('\n\n');
  writeFileSync(
    file,
    readFileSync(file, 'utf8').replace(
      /(<!-- terminal -->\n```\n)[^`]*```/,
      (_, begin) => `${begin}${shown}\n\`\`\``,
    ),
  );
}

async function savePictures(browser, html, colorScheme) {
  const {page} = await open(browser, html, {
    viewport: {width: 1000, height: 900},
    colorScheme,
    reducedMotion: 'reduce',
  });
  // A margin around each picture, and nothing in front of it.
  await page.addStyleTag({
    content:
      '.player { display: none !important; } #timelines, #clients, #inside { padding: 12px; }',
  });
  for (const [name, {of, prepare}] of Object.entries(pictures)) {
    const path = join(root, `docs/figures/compare-${name}-${colorScheme}.png`);
    await page.evaluate(prepare);
    await page.locator(of).screenshot({path});
    console.log(path);
  }
}

const {html, printed} = compare('figures', []);
saveTranscript(printed);
const browser = await launch();
await savePictures(browser, html, 'light');
await savePictures(browser, html, 'dark');
await browser.close();
