// Makes the pictures of docs/compare.md anew, and the terminal's output in it, from a real run:
//     node tools/compare-stages/browser/figures.mjs
// It needs what ./lesson setup --browser and ./lesson build make, and says what of that is missing.
import {readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';

import {compare, launch, open, root} from './browser.mjs';

const pictures = {
  timelines: {of: '#timelines', prepare: () => {}},
  replay: {of: '#clients', prepare: () => setTime(comparison.slowest * 0.6)},
  loop: {
    of: '#inside',
    // Half way through, the first line that dataReceived prints.
    prepare: () => {
      setTime(comparison.slowest / 2);
      const steps = stepsOf(clock.client);
      setStep(steps.findIndex((step, i) => i > clock.step && step.kind === 'print'));
    },
  },
};

// Puts the output behind the mark, into the fence that is there: from the axis to the verdict,
// without the progress before it and the names of files after it.
function saveTranscript(printed) {
  const file = join(root, 'docs/compare.md');
  const [picture] = /^ +slowest .* sum [^]*^All delivered.*$/m.exec(printed);
  writeFileSync(
    file,
    readFileSync(file, 'utf8').replace(
      /(<!-- terminal -->\n```\n)[^`]*```/,
      (_, begin) => `${begin}${picture}\n\`\`\``,
    ),
  );
}

async function savePictures(browser, html, colorScheme) {
  const {page} = await open(browser, html, {
    viewport: {width: 1000, height: 900},
    colorScheme,
    reducedMotion: 'reduce',
  });
  // A little air around each picture, and nothing in front of it.
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
