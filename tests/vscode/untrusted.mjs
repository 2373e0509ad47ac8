// An untrusted folder is read, and nothing of it runs.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, realpathSync } from 'node:fs';
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
  assert.ok(!existsSync(join(folder, 'ran')), 'a program that the folder names was started');
  user.said('nothing ran');
});

/** The runs of this folder, of which there must be none. */
function runs() {
  const short = createHash('sha256').update(realpathSync(folder)).digest('hex').slice(0, 12);
  return readdirSync(join(process.env.LENS_STATE, short, 'runs'));
}
