// Runs the tests of exthost/ inside the real extension host, in a workspace of three folders.
import { join } from 'node:path';
import { remote, withUser, work } from './workbench.mjs';

const DEADLINE = 30_000;
const here = import.meta.dirname;

await withUser('exthost', async (user, page) => {
  page.on('console', (it) => {
    if (it.text().startsWith('test: ')) {
      user.said(it.text().slice(6));
    }
  });
  const deadline = new Promise((resolve) => setTimeout(resolve, DEADLINE, 'no answer').unref());
  const exit = new Promise((resolve) => page.exposeFunction('codeAutomationExit', resolve));
  await page.exposeFunction('codeAutomationLog', () => undefined);
  // The extension under test is the installed one; the second is a shell that VS Code wants for its test runner.
  const workspace = join(work, 'three.code-workspace');
  // Trusting restarts the extension host, which would cut the tests off: so it is done before.
  await user.open('workspace', workspace, undefined, { trust: true });
  await page.locator('.statusbar-item', { hasText: '2 targets' }).waitFor();
  const payload = [
    ['extensionDevelopmentPath', remote(join(here, 'exthost'))],
    ['extensionTestsPath', remote(join(here, 'exthost', 'index.cjs'))],
  ];
  await user.goTo('workspace', workspace, payload);
  console.log(page.url());
  page.on('console', (it) => console.log('PAGE', it.text().slice(0, 300)));
  setTimeout(async () => console.log(await page.evaluate(() => document.title + location.href)), 20000);
  const code = await Promise.race([exit, deadline]);
  if (code !== 0) {
    throw new Error(`The tests in the extension host ended with ${code}.`);
  }
});
