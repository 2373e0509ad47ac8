// Runs the tests of exthost/ inside the real extension host, in a workspace of three folders.
import { join } from 'node:path';
import { remote, withUser, work } from './workbench.mjs';

const DEADLINE = 240_000;
const here = import.meta.dirname;

await withUser('exthost', async (user, page) => {
  page.on('console', (it) => {
    const said = /test: (.*)/s.exec(it.text());
    if (said !== null) {
      user.said(said[1]);
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
  const code = await Promise.race([exit, deadline]);
  if (code !== 0) {
    throw new Error(`The tests in the extension host ended with ${code}.`);
  }
});
