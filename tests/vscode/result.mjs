// A result's page and the marks in its example file, as a user clicks through them.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { inside, withUser, work } from './workbench.mjs';

await withUser('result', async (user, page) => {
  await user.open('folder', join(work, 'demo'), 'briefing.py', { trust: true });
  await user.lens(/▶ Optimize this program/).click();
  await user.dismiss(/Briefing: .*held-out/);
  await opensThePage(user, page);
  await readsAndFilters(user, page);
  await seesMarks(user, page);
});

async function opensThePage(user, page) {
  await user.lens(/→ \d+ % held-out \(n=18, practice model\)/).click();
  await page.locator('.tab', { hasText: 'Result of Briefing' }).waitFor();
  await page.keyboard.press('Control+B');
  const shown = inside(page);
  await shown.locator('h1', { hasText: 'Briefing' }).waitFor();
  await shown.locator('#chart canvas').waitFor();
  user.said('the page is open, its chart drawn under its policy');
  await user.picture('result-page');
}

async function readsAndFilters(user, page) {
  const shown = inside(page);
  const rows = shown.locator('tr[data-change]:visible');
  assert.equal(await rows.count(), 18);
  await shown.locator('#filter label.c-better').click();
  const better = await rows.count();
  assert.ok(better > 0 && better < 18);
  await shown.locator('#shown', { hasText: `${better} of 18 shown` }).waitFor();
  await shown.locator('#chart').focus();
  await page.keyboard.press('ArrowRight');
  assert.match(await shown.locator('#chart-said').innerText(), /^Trial 1: \d+ %/);
  await shown.locator('nav a', { hasText: 'Prompt' }).click();
  await shown.locator('#prompt pre').first().waitFor();
  user.said(`filtered to ${better} of 18, and gone from trial to trial by keys`);
}

async function seesMarks(user, page) {
  await user.openFile('dispatches.jsonl');
  await user.lens(/Examples of Briefing · 60 examples · \d+ of 18 held-out right \(practice model\)/).waitFor();
  await user.lens('▶ Evaluate Briefing').waitFor();
  await page.locator('.view-line', { hasText: /^[✓✗≈]/ }).first().waitFor();
  user.said('marks at the records that were held out');
  await user.picture('marks');
  await user.lens('▶ Evaluate Briefing').click();
  user.said(`evaluated from the examples: ${await user.dismiss(/Briefing: .*held-out/)}`);
}
