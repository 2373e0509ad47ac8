/** A private environment for the server, in the extension's own storage: offline where the wheels come along. */

import { execFile } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import * as vscode from 'vscode';

const run = promisify(execFile);
const OLDEST = [3, 11] as const;
const NAMES = ['python3', 'python3.13', 'python3.12', 'python3.11', 'python'];

export class Installer {
  constructor(
    private readonly storage: vscode.Uri,
    private readonly extension: vscode.Uri,
    private readonly output: vscode.LogOutputChannel,
  ) {}

  /** Whether the wheel of the server came with the extension. */
  get comesAlong(): boolean {
    return this.wheels().some((it) => it.startsWith('dspy_lens-'));
  }

  /** Installs the server with visible progress; false, after saying why, when that was not possible. */
  async install(): Promise<boolean> {
    const python = await this.python();
    if (python === undefined) {
      void vscode.window.showErrorMessage('DSPy Lens needs Python 3.11 or newer. Install it, or name one in dspyLens.interpreter.');
      return false;
    }
    const options = { location: vscode.ProgressLocation.Notification, title: 'Installing the DSPy Lens server' };
    try {
      await vscode.window.withProgress(options, async (progress) => {
        await this.build(python, (message) => { progress.report({ message }); });
      });
      return true;
    } catch (error) {
      this.output.error(String(error));
      void vscode.window.showErrorMessage('The DSPy Lens server could not be installed. The log says why; `pip install dspy-lens` into your own environment works as well.');
      return false;
    }
  }

  private async build(python: string, say: (message: string) => void): Promise<void> {
    const place = vscode.Uri.joinPath(this.storage, 'server').fsPath;
    await rm(place, { recursive: true, force: true });
    await vscode.workspace.fs.createDirectory(this.storage);
    say('making an environment');
    await this.log(python, ['-m', 'venv', place]);
    say('installing packages');
    try {
      await this.log(join(place, 'bin', 'python'), ['-m', 'pip', 'install', '--disable-pip-version-check', ...this.sources()]);
    } catch (error) {
      // What is half there must not be taken for a server.
      await rename(place, `${place}.failed`).catch(() => undefined);
      await rm(`${place}.failed`, { recursive: true, force: true });
      throw error;
    }
  }

  /** All from the wheels where every dependency came along, else the dependencies from the package index. */
  private sources(): string[] {
    const folder = this.wheelFolder();
    const own = this.wheels().find((it) => it.startsWith('dspy_lens-'));
    if (own === undefined) {
      return ['dspy-lens'];
    }
    const complete = this.wheels().some((it) => it.startsWith('pydantic_core-'));
    return [...(complete ? ['--no-index'] : []), '--find-links', folder, join(folder, own)];
  }

  private wheelFolder(): string {
    return vscode.Uri.joinPath(this.extension, 'server').fsPath;
  }

  private wheels(): string[] {
    const folder = this.wheelFolder();
    return existsSync(folder) ? readdirSync(folder).filter((it) => it.endsWith('.whl')) : [];
  }

  private async python(): Promise<string | undefined> {
    const named = vscode.workspace.getConfiguration('dspyLens').get<string>('interpreter', '');
    for (const name of named === '' ? NAMES : [named, ...NAMES]) {
      if (await isNewEnough(name)) {
        return name;
      }
    }
    return undefined;
  }

  private async log(command: string, args: readonly string[]): Promise<void> {
    this.output.info(`${command} ${args.join(' ')}`);
    const { stdout, stderr } = await run(command, args);
    this.output.debug(stdout + stderr);
  }
}

async function isNewEnough(python: string): Promise<boolean> {
  const check = `import sys, venv, ensurepip; sys.exit(sys.version_info < (${OLDEST.join(', ')}))`;
  return run(python, ['-I', '-c', check]).then(() => true, () => false);
}
