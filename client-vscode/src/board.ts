/** What each folder's server was last heard to say of its targets, runs and costs: what status bar and side bar show. */

import { realpathSync } from 'node:fs';
import { join, sep } from 'node:path';
import * as vscode from 'vscode';
import type { Folder } from './folder';
import type { Folders } from './folders';
import { isGoingOn, PREFIX, type Run, RUNS, type Spending, type Target, TARGETS } from './protocol';

export interface Known {
  /** What targets' paths are relative to: the top of the repository. */
  readonly root: string;
  readonly targets: readonly Target[];
  readonly runs: readonly Run[];
  /** What was spent this month, and what is left of the budget. */
  readonly spending: Spent;
}

type Spent = Pick<Spending, 'this_month' | 'budget'>;

const NOTHING: Known = { root: '', targets: [], runs: [], spending: { this_month: 0, budget: null } };
const PAUSE = 400; // milliseconds between two fetches

export class Board implements vscode.Disposable {
  private readonly known = new Map<Folder, Known>();
  private readonly fetching = new Set<Folder>();
  private readonly again = new Set<Folder>();
  private readonly changes = new vscode.EventEmitter<void>();
  readonly onChanged = this.changes.event;
  private readonly subscription: vscode.Disposable;

  constructor(private readonly folders: Folders, private readonly output: vscode.LogOutputChannel) {
    this.subscription = folders.onChanged((folder) => {
      for (const it of folder === undefined ? this.folders.all : [folder]) {
        void this.fetch(it);
      }
      this.forget();
    });
  }

  of(folder: Folder): Known {
    return this.known.get(folder) ?? NOTHING;
  }

  get all(): readonly { readonly folder: Folder; readonly known: Known }[] {
    return this.folders.all.map((folder) => ({ folder, known: this.of(folder) }));
  }

  get goingOn(): readonly Run[] {
    const runs = this.all.flatMap(({ known }) => known.runs.filter(isGoingOn));
    // Two folders of one repository have the same runs.
    return [...new Map(runs.map((it) => [it.run, it])).values()];
  }

  /** Waits until all that is known is as new as this moment. */
  async fresh(): Promise<void> {
    await this.folders.ready();
    await Promise.all(this.folders.all.map(async (it) => this.known.set(it, await ask(it))));
    this.changes.fire();
  }

  dispose(): void {
    this.subscription.dispose();
    this.changes.dispose();
  }

  /** One fetch at a time for each folder; what changes meanwhile is fetched after a pause. */
  private async fetch(folder: Folder): Promise<void> {
    if (this.fetching.has(folder)) {
      this.again.add(folder);
      return;
    }
    this.fetching.add(folder);
    try {
      this.known.set(folder, await ask(folder));
      this.changes.fire();
    } catch (error) {
      this.output.debug(`${folder.name}: ${String(error)}`);
    }
    setTimeout(() => {
      this.fetching.delete(folder);
      if (this.again.delete(folder) && this.folders.all.includes(folder)) {
        void this.fetch(folder);
      }
    }, PAUSE);
  }

  private forget(): void {
    for (const folder of this.known.keys()) {
      if (!this.folders.all.includes(folder)) {
        this.known.delete(folder);
      }
    }
    this.changes.fire();
  }
}

async function ask(folder: Folder): Promise<Known> {
  const [{ root, targets }, { runs }, spending] = await Promise.all([
    folder.ask<{ root: string; targets: Target[] }>(TARGETS),
    folder.ask<{ runs: Run[] }>(RUNS),
    folder.client.sendRequest<Spending>('workspace/executeCommand', { command: `${PREFIX}spend`, arguments: [{}] }),
  ]);
  const own = targets.filter((it) => isInside(folder.folder.uri.fsPath, join(root, it.path)));
  return { root, targets: own, runs, spending };
}

/** Whether a file lies in a folder; the server's paths have links resolved. */
function isInside(folder: string, file: string): boolean {
  return file.startsWith(realpathSync(folder) + sep);
}
