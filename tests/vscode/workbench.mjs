// A user at the real workbench: opens folders, reads lenses, clicks, types, takes pictures. Waits for what it wants to see.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const { LENS_RIG: RIG, LENS_PORT: PORT, LENS_WORK: WORK, LENS_PICTURES: PICTURES, LENS_BROWSER: BROWSER } = process.env;
const { chromium } = createRequire(`${RIG}/`)('playwright-core');
const ARGUMENTS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync', '--force-device-scale-factor=1', '--hide-scrollbars'];

export const DEADLINE = 45_000;

export const work = WORK;
export const project = join(import.meta.dirname, '..', '..');
export const remote = (path) => `vscode-remote://127.0.0.1:${PORT}${path}`;

/** Inside of a webview there are two frames: VS Code's own, and the page. */
export function inside(page) {
  return page.frameLocator('iframe.webview.ready').frameLocator('#active-frame');
}

/** Does something again and again until it had its effect: what is clicked may move, or be drawn anew, under the pointer. */
export async function repeat(attempt, done) {
  const end = Date.now() + DEADLINE;
  do {
    await attempt();
  } while (!await done() && Date.now() < end);
}

/** Runs steps of a user; says what each took, and fails with a picture of what there was instead. */
export async function withUser(name, steps) {
  const profile = mkdtempSync(join(tmpdir(), 'lens-browser-'));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: BROWSER, headless: true, viewport: { width: 1280, height: 800 }, args: ARGUMENTS,
  });
  const outside = new Set();
  // Nothing but our own server: the marketplace and telemetry fail at once instead of waiting for a name.
  await context.route((url) => url.protocol.startsWith('http') && url.hostname !== '127.0.0.1', (route) => {
    outside.add(new URL(route.request().url()).hostname);
    return route.abort();
  });
  const page = context.pages()[0] ?? await context.newPage();
  page.setDefaultTimeout(DEADLINE);
  const user = new User(page);
  let failure;
  try {
    await steps(user, page);
  } catch (error) {
    failure = error;
    console.log(`FAILED after: ${user.last}\n${String(error.stack).slice(0, 2500)}`);
    await page.screenshot({ path: join(WORK, '..', `failed-${name}.png`) }).catch(() => undefined);
    console.log(`messages: ${await user.messages().catch(() => 'unknown')}`);
  }
  // Leaving the page ends the extension host soon; a closed browser would leave it for hours.
  await page.goto('about:blank').catch(() => undefined);
  await context.close();
  rmSync(profile, { recursive: true, force: true });
  process.exit(failure === undefined ? 0 : 1);
}

export class User {
  constructor(page) {
    this.page = page;
    this.last = 'nothing';
    this.began = Date.now();
  }

  said(what) {
    this.last = what;
    console.log(`${((Date.now() - this.began) / 1000).toFixed(1).padStart(6)} s  ${what}`);
  }

  /** Opens a folder or workspace, with a file in it, and answers whether its authors are trusted. */
  async open(kind, path, file, { trust }) {
    const opened = file === undefined ? [] : [['openFile', remote(join(path, file))]];
    await this.goTo(kind, path, opened);
    await this.page.locator('.monaco-dialog-box').getByRole('button', { name: trust ? /^Yes, I trust/ : /^No, I don't trust/ }).click();
    this.said(`opened ${path.slice(WORK.length + 1)}, ${trust ? 'trusted' : 'not trusted'}`);
  }

  async goTo(kind, path, payload) {
    const query = encodeURIComponent(JSON.stringify(payload));
    await this.page.goto(`http://127.0.0.1:${PORT}/?${kind}=${path}&payload=${query}`);
    await this.page.locator('.monaco-workbench').waitFor();
  }

  lens(text) {
    return this.page.locator('.codelens-decoration a', { hasText: text });
  }

  toast(text) {
    return this.page.locator('.notifications-toasts .notification-list-item', { hasText: text });
  }

  /** Waits for a message, closes it, and says what it said. */
  async dismiss(text) {
    const toast = this.toast(text).first();
    await toast.waitFor();
    const said = await toast.locator('.notification-list-item-message').innerText();
    // Its button is there while the pointer is over it, and it moves when another message comes or goes.
    await repeat(async () => {
      await toast.hover({ timeout: 2000 }).catch(() => undefined);
      await toast.locator('.codicon-notifications-clear').click({ timeout: 2000 }).catch(() => undefined);
    }, async () => await toast.count() === 0);
    await this.toast(text).first().waitFor({ state: 'detached' });
    return said;
  }

  /** Every message that is still kept. */
  async messages() {
    await this.page.locator('.statusbar-item a[aria-label^="Notifications"], .statusbar-item a[aria-label*="Notification"]').first().click({ timeout: 3000 });
    return (await this.page.locator('.notifications-center .notification-list-item-message').allInnerTexts()).join(' | ');
  }

  /** Chooses a command in the palette, which lists those that can be called at the moment it is opened. */
  async command(title) {
    const row = this.row(title).first();
    await repeat(async () => {
      await this.palette(`>DSPy Lens: ${title}`);
      await row.waitFor({ timeout: 4000 }).catch(() => this.page.keyboard.press('Escape'));
    }, () => row.isVisible());
    await row.click();
  }

  async palette(text) {
    await this.page.keyboard.press('F1');
    const box = this.page.locator('.quick-input-widget input[type=text]');
    await box.waitFor({ state: 'visible' });
    await box.fill(text);
  }

  /** A row of the quick pick that is open. */
  row(text) {
    return this.page.locator('.quick-input-list .monaco-list-row', { hasText: text });
  }

  async hover(locator, text) {
    await locator.hover();
    const hover = this.page.locator('.monaco-hover:not(.hidden) .hover-contents', { hasText: text });
    await hover.first().waitFor();
    return hover.first();
  }

  async openFile(name) {
    await this.page.keyboard.press('Control+P');
    const box = this.page.locator('.quick-input-widget input[type=text]');
    await box.waitFor({ state: 'visible' });
    await box.fill(name);
    await this.row(name).first().click();
    await this.page.locator('.tab.active', { hasText: name }).waitFor();
  }

  /** Keeps what is seen, or a part of it, as a picture of the documentation. */
  async picture(name, clip) {
    mkdirSync(PICTURES, { recursive: true });
    await this.page.screenshot({ path: join(PICTURES, `${name}.png`), animations: 'disabled', ...(clip && { clip }) });
  }
}
