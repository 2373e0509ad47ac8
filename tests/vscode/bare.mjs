// A newcomer's machine: no server, at first no Python, then one without DSPy, then one that is too old, then a good one.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { withUser, work } from './workbench.mjs';

const folder = join(work, 'bare');
const { LENS_BIN: bin, LENS_BASE_PYTHON: base, LENS_GOOD_PYTHON: good, LENS_CHOICE: choice } = process.env;

await withUser('bare', async (user, page) => {
  await user.open('folder', folder, 'mood.py', { trust: true });
  await needsPython(user, page);
  await installs(user, page);
  await needsDspy(user, page);
  await needsNewerDspy(user, page);
  await takesWhatThePythonExtensionChose(user);
});

async function needsPython(user, page) {
  await user.toast('no server on this machine yet').getByRole('button', { name: 'Install' }).click();
  await user.toast(/needs Python 3\.11 or newer/).getByRole('button', { name: 'Name a Python' }).click();
  await page.locator('.settings-editor .setting-item-label', { hasText: 'Interpreter' }).waitFor();
  await page.keyboard.press('Escape');
  await page.locator('.settings-editor').waitFor({ state: 'hidden' });
  user.said('without Python, its setting is opened');
}

async function installs(user, page) {
  symlinkSync(base, join(bin, 'python3'));
  await user.command('Restart Server');
  await user.toast('no server on this machine yet').getByRole('button', { name: 'Install' }).click();
  await user.toast('Installing the DSPy Lens server').waitFor();
  user.said('installing, with progress');
  await user.picture('installing');
  await page.locator('.tab', { hasText: 'mood.py' }).click();
  await user.lens(/▶ Optimize this signature/).waitFor({ timeout: 120_000 });
  user.said('the server came with the extension, without a network');
}

async function needsDspy(user, page) {
  await user.lens('▶ Optimize this signature').click();
  await user.toast(/has no DSPy\. Install it: /).getByRole('button', { name: 'Type It Into a Terminal' }).click();
  await page.locator('.xterm-rows', { hasText: 'pip install "dspy>=3.4"' }).first().waitFor();
  user.said('the command that installs DSPy stands in a terminal');
  await user.picture('missing');
}

/** An environment in which an old DSPy looks installed: what is asked first is the version. */
async function needsNewerDspy(user) {
  execFileSync(base, ['-m', 'venv', '--without-pip', join(folder, '.venv')]);
  const [site] = readdirSync(join(folder, '.venv', 'lib')).map((it) => join(folder, '.venv', 'lib', it, 'site-packages'));
  mkdirSync(join(site, 'dspy'));
  mkdirSync(join(site, 'dspy-2.6.27.dist-info'));
  writeFileSync(join(site, 'dspy-2.6.27.dist-info', 'METADATA'), 'Name: dspy\nVersion: 2.6.27\n');
  await user.command('Optimize Signature…');
  await user.toast(/has DSPy 2\.6\.27, and 3\.4 is the oldest that will do/).waitFor();
  await user.dismiss(/has DSPy 2\.6\.27/);
  user.said('a DSPy that is too old is named, and not used');
}

async function takesWhatThePythonExtensionChose(user) {
  writeFileSync(choice, good);
  await user.command('Choose a Python');
  await user.lens(/no score yet/).waitFor();
  await user.command('Optimize Signature…');
  await user.dismiss(/Mood: .*held-out \(n=9, practice model\)/);
  assert.ok(existsSync(join(folder, '.venv', 'bin', 'python')));
  user.said("the Python extension's choice goes before .venv, and optimizes");
}
