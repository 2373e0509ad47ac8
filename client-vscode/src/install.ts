/** A private environment for the server, in the extension's own storage: offline where the wheels come along. */

import { execFile } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import * as vscode from 'vscode';

const run = promisify(execFile);
const OLDEST = [3, 11] as const;
const KEPT = 'server-'; // then the version
const NAMES = ['python3', 'python3.14', 'python3.13', 'python3.12', 'python3.11', 'python'];

export class Installer {
  /** The private environment, one for each version of the extension: an older server is never taken for this one's. */
  readonly place: string;

  constructor(
    private readonly storage: vscode.Uri,
    private readonly extension: vscode.Uri,
    version: string,
    private readonly output: vscode.LogOutputChannel,
  ) {
    this.place = vscode.Uri.joinPath(storage, `${KEPT}${version}`).fsPath;
  }

  /** Installs the server with visible progress; false, after saying why, when that was not possible. */
  async install(): Promise<boolean> {
    const python = await this.python();
    if (python === undefined) {
      await this.noPython();
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
      await this.failed();
      return false;
    }
  }

  private async noPython(): Promise<void> {
    const message = 'DSPy Lens needs Python 3.11 or newer with its venv module, and found none. Install it, or name one.';
    if (await vscode.window.showErrorMessage(message, 'Name a Python') !== undefined) {
      await vscode.commands.executeCommand('workbench.action.openWorkspaceSettings', { query: 'dspyLens.interpreter' });
    }
  }

  private async failed(): Promise<void> {
    const message = 'The DSPy Lens server could not be installed; `pip install dspy-lens` into your own environment works as well.';
    if (await vscode.window.showErrorMessage(message, 'Show Log') !== undefined) {
      this.output.show();
    }
  }

  private async build(python: string, say: (message: string) => void): Promise<void> {
    await vscode.workspace.fs.createDirectory(this.storage);
    await this.clean();
    say('making an environment');
    await this.log(python, '-m', 'venv', this.place);
    say('installing packages');
    try {
      await this.fill(join(this.place, 'bin', 'python'));
    } catch (error) {
      await this.clean();
      throw error;
    }
  }

  /** Removes environments of other versions, and what an installation that was broken off has left. */
  private async clean(): Promise<void> {
    const kept = (await readdir(this.storage.fsPath)).filter((it) => it.startsWith(KEPT));
    await Promise.all(kept.map((it) => rm(join(this.storage.fsPath, it), { recursive: true, force: true })));
  }

  /** From the wheels that came along, as far as they fit this Python; else the dependencies from the package index. */
  private async fill(python: string): Promise<void> {
    const install = [python, '-m', 'pip', 'install', '--disable-pip-version-check'] as const;
    const folder = vscode.Uri.joinPath(this.extension, 'server').fsPath;
    const wheels = existsSync(folder) ? readdirSync(folder).filter((it) => it.endsWith('.whl')) : [];
    const own = wheels.find((it) => it.startsWith('dspy_lens-'));
    const what = own === undefined ? ['dspy-lens'] : ['--find-links', folder, join(folder, own)];
    if (own !== undefined && wheels.length > 1) {
      try {
        await this.log(...install, '--no-index', ...what);
        return;
      } catch (error) {
        this.output.info(`The wheels that came along do not fit: ${String(error)}`);
      }
    }
    await this.log(...install, ...what);
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

  private async log(command: string, ...args: readonly string[]): Promise<void> {
    this.output.info(`${command} ${args.join(' ')}`);
    const { stdout, stderr } = await run(command, args);
    this.output.debug(stdout + stderr);
  }
}

async function isNewEnough(python: string): Promise<boolean> {
  const check = `import sys, venv, ensurepip; sys.exit(sys.version_info < (${OLDEST.join(', ')}))`;
  return run(python, ['-I', '-c', check]).then(() => true, () => false);
}
