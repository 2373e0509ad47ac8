// Every command of the palette, called without an argument: each asks for what it needs, and does it.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inside, project, withUser, work } from './workbench.mjs';

const folder = join(work, 'palette');
const { contributes } = JSON.parse(readFileSync(join(project, 'client-vscode', 'package.json'), 'utf-8'));

/** Picks among the targets; both are offered. */
async function pick(user, name) {
  await user.row('Tone').first().waitFor();
  await user.row(name).first().click();
}

/** Waits for a page or file in an editor of its own, and closes it. */
async function tab(user, page, title) {
  await page.locator('.tab.active', { hasText: title }).click({ button: 'middle' });
  await page.locator('.tab.active', { hasText: title }).waitFor({ state: 'detached' });
}

// In an order in which each finds what it needs.
const STEPS = {
  'dspyLens.trust': async (user) => {
    await user.dismiss('This workspace is trusted from now on');
  },
  'dspyLens.cancel': async (user) => {
    await user.dismiss('No run is going on');
  },
  'dspyLens.show': async (user) => {
    await user.dismiss('There is no run yet');
  },
  'dspyLens.optimize': async (user) => {
    await pick(user, 'Mood');
    await user.dismiss(/Mood: .*held-out/);
  },
  'dspyLens.optimizeWith': async (user) => {
    await pick(user, 'Mood');
    await user.row(/^bootstrap(?!_)/).first().click();
    await user.row('as the settings say').click();
    await user.row('As the settings say').click();
    await user.dismiss(/Mood: .*held-out/);
  },
  'dspyLens.dryRun': async (user) => {
    await pick(user, 'Tone');
    await user.toast('A dry run asks 3 examples').getByRole('button', { name: 'Start' }).click();
    await user.dismiss(/Tone: .*(no score|\d+ %)/);
  },
  'dspyLens.evaluate': async (user) => {
    await pick(user, 'Tone');
    await user.dismiss(/Tone: \d+ % held-out/);
  },
  'dspyLens.rerun': async (user) => {
    await user.dismiss('Tone: answered from the store');
  },
  'dspyLens.rerunStale': async (user) => {
    await user.dismiss('Nothing is stale');
  },
  'dspyLens.compare': async (user, page) => {
    await user.row('Mood').nth(1).waitFor();
    await user.row('Mood').nth(0).locator('.monaco-checkbox, input').first().click();
    await user.row('Mood').nth(1).locator('.monaco-checkbox, input').first().click();
    await page.locator('.quick-input-widget .monaco-button', { hasText: 'OK' }).click();
    const shown = inside(page);
    await shown.locator('h1').waitFor();
    await shown.locator('canvas').waitFor();
    await shown.locator('table').getByText('labeled').first().waitFor();
    await user.picture('compare');
    await tab(user, page, 'Comparison');
  },
  'dspyLens.compareWith': async (user, page) => {
    await pick(user, 'Mood');
    await user.row('recommended').first().waitFor();
    await user.picture('compare-with');
    await page.locator('.quick-input-widget .monaco-button', { hasText: 'OK' }).click();
    await user.toast(/does best of \d/).getByRole('button', { name: 'Show Comparison' }).click();
    const shown = inside(page);
    await shown.locator('h1').waitFor();
    await shown.locator('table').getByText('bootstrap').first().waitFor();
    await tab(user, page, 'Comparison');
  },
  'dspyLens.preview': async (user, page) => {
    await pick(user, 'Tone');
    await tab(user, page, 'prompt');
  },
  'dspyLens.apply': async (user) => {
    await user.row('Mood').first().click();
    await user.dismiss(/demos carry this result: optimized\/Mood\.json is written/);
  },
  'dspyLens.export': async (user) => {
    await user.row('Mood').first().click();
    await user.dismiss(/Wrote .*optimized\/Mood\.json/);
  },
  'dspyLens.importExamples': async (user) => {
    await pick(user, 'Tone');
    await user.dismiss('No other data file lies near Tone');
  },
  'dspyLens.chooseExamples': async (user, page) => {
    await pick(user, 'Tone');
    await user.row('data/moods.jsonl').getByText(/taken by the settings/).first().waitFor();
    assert.equal(await user.row('optimized/').count(), 0, 'a saved program is no example file');
    await user.row('exports/replies.csv').getByText(/sentence ← text: So it was on day 0\..* mood ← label: sad/).first().waitFor();
    await user.picture('choose');
    await user.row('exports/replies.csv').click();
    await user.dismiss('Tone takes its examples from exports/replies.csv now');
    assert.match(readFileSync(join(folder, 'pyproject.toml'), 'utf-8'), /"tone:Tone"\]\nmap = .*\nexamples = "exports\/replies.csv"/);
    await user.openFile('pyproject.toml');
    const linked = page.locator('.view-line', { hasText: 'exports/replies.csv' });
    await linked.click();
    await page.keyboard.press('Control+Z');
    await linked.waitFor({ state: 'detached' });
    await page.keyboard.press('Control+S');
    await page.locator('.tab.active.dirty').waitFor({ state: 'detached' });
    await tab(user, page, 'pyproject.toml');
  },
  'dspyLens.createExamples': async (user, page) => {
    await pick(user, 'Tone');
    await tab(user, page, 'tone.jsonl');
  },
  'dspyLens.createMetric': async (user, page) => {
    await pick(user, 'Tone');
    await tab(user, page, 'tone_metric.py');
  },
  'dspyLens.openExamples': async (user, page) => {
    await pick(user, 'Mood');
    await tab(user, page, 'moods.jsonl');
  },
  'dspyLens.getExamples': async (user) => {
    await pick(user, 'Mood');
    await user.dismiss('Mood has 30 examples, and there is nothing to get');
  },
  'dspyLens.spend': async (user, page) => {
    await user.row('By model').waitFor();
    await page.keyboard.press('Escape');
  },
  'dspyLens.doctor': async (user) => {
    await user.dismiss(/finds nothing wrong|watcher/);
  },
  'dspyLens.install': async (user) => {
    await user.dismiss('No optimizer that is chosen here lacks a package');
  },
  'dspyLens.menu': async (user, page) => {
    await user.row('Optimize Signature…').waitFor();
    await page.keyboard.press('Escape');
  },
  'dspyLens.showLog': async (user, page) => {
    await page.locator('.output-view .view-line, .panel .view-line', { hasText: 'the server runs' }).first().waitFor();
    await user.palette('>Developer: Set Log Level');
    await user.row('Set Log Level').first().click();
    await user.row('DSPy Lens').first().click();
    await user.row('Trace').first().click();
    await user.openFile('tone.py');
    await page.locator('.output-view .view-line, .panel .view-line', { hasText: 'Sending request' }).first().waitFor();
    await page.keyboard.press('Control+J');
  },
  'dspyLens.clear': async (user) => {
    await user.toast('What shall be forgotten?').getByRole('button', { name: 'Results' }).click();
    await user.dismiss('What was spent is still known');
    await user.lens(/no score yet/).waitFor();
  },
  'dspyLens.restart': async (user, page) => {
    await page.locator('.statusbar-item', { hasText: '2 targets' }).waitFor();
    await user.lens(/no score yet/).waitFor();
  },
};

await withUser('palette', async (user, page) => {
  await user.open('folder', folder, 'mood.py', { trust: true });
  await user.lens(/no score yet/).waitFor();
  const untested = contributes.commands.map((it) => it.command).filter((it) => !(it in STEPS));
  assert.deepEqual(untested, [], 'commands without a step here');
  for (const [command, step] of Object.entries(STEPS)) {
    const { title } = contributes.commands.find((it) => it.command === command);
    await user.command(title);
    await step(user, page);
    user.said(title);
  }
});
