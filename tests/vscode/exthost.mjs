// Runs the tests of exthost/ inside the real extension host, in a workspace of three folders.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { withUser, work } from './workbench.mjs';

const DEADLINE = 180_000;

await withUser('exthost', async (user, page) => {
  const workspace = join(work, 'three.code-workspace');
  await user.open('workspace', workspace, undefined, { trust: true });
  const folders = page.locator('.explorer-folders-view .monaco-list-row', { hasText: 'alpha' });
  // The workbench sometimes reads a workspace file before the machine's files are there, and then has no folders.
  if (!await folders.waitFor({ timeout: 15_000 }).then(() => true, () => false)) {
    await user.open('workspace', workspace, undefined, { trust: true });
  }
  await page.locator('.statusbar-item', { hasText: '3 targets' }).waitFor();
  await user.palette('>Run the Tests of DSPy Lens');
  await user.row('Run the Tests of DSPy Lens').first().click();
  const ended = user.toast(/^(The tests passed|A test failed)\./);
  await ended.first().waitFor({ timeout: DEADLINE }).finally(() => {
    const log = process.env.LENS_TEST_LOG;
    console.log(existsSync(log) ? readFileSync(log, 'utf-8').trimEnd().replace(/^/gm, '          ') : 'no test ran');
  });
  if (!/passed/.test(await ended.first().innerText())) {
    throw new Error('A test in the extension host failed.');
  }
});
