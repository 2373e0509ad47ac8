// An untrusted folder is read, and nothing of it runs.
import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { withUser, work } from './workbench.mjs';

const folder = join(work, 'untrusted');

await withUser('untrusted', async (user) => {
  await user.open('folder', folder, 'mood.py', { trust: false });
  await user.lens(/▶ Optimize this signature · est\. \d+ calls/).waitFor();
  user.said('lenses are there');
  await user.lens('▶ Optimize this signature').click();
  await user.toast('not trusted').getByRole('button', { name: 'Manage Workspace Trust' }).waitFor();
  await user.picture('untrusted');
  await user.command('Preview Prompt');
  await user.toast('not trusted').first().waitFor();
  assert.deepEqual(runs(), []);
  user.said('nothing ran');
});

/** The run folders of all roots. */
function runs() {
  const state = process.env.LENS_STATE;
  const roots = existsSync(state) ? readdirSync(state) : [];
  return roots.flatMap((root) => existsSync(join(state, root, 'runs')) ? readdirSync(join(state, root, 'runs')) : [])
    .filter((it) => existsSync(join(work, '..', 'untrusted-only')) || it.length > 0);
}
