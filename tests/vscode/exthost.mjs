// Runs the tests of exthost/ inside the real extension host, in a workspace of three folders.
import { join } from 'node:path';
import { remote, withUser, work } from './workbench.mjs';

const here = import.meta.dirname;

await withUser('exthost', async (user, page) => {
  page.on('console', (it) => {
    if (it.text().startsWith('test: ')) {
      user.said(it.text().slice(6));
    }
  });
  const exit = new Promise((resolve) => page.exposeFunction('codeAutomationExit', resolve));
  await page.exposeFunction('codeAutomationLog', () => undefined);
  // The extension under test is the installed one; the second is a shell that VS Code wants for its test runner.
  const payload = [
    ['extensionDevelopmentPath', remote(join(here, 'exthost'))],
    ['extensionTestsPath', remote(join(here, 'exthost', 'index.cjs'))],
  ];
  await user.open('workspace', join(work, 'three.code-workspace'), undefined, { trust: true, payload });
  const code = await exit;
  if (code !== 0) {
    throw new Error(`The tests in the extension host ended with ${code}.`);
  }
});
