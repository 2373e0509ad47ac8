/** Quick picks for commands that were called without saying what they are about. */

import * as vscode from 'vscode';
import type { Board } from './board';
import type { Folder } from './folder';
import type { Folders } from './folders';
import { count } from './format';
import { nearest } from './order';
import { type Run, shortName, type Target } from './protocol';

export interface Chosen<T> {
  readonly folder: Folder;
  readonly it: T;
}

interface Item<T> extends vscode.QuickPickItem {
  readonly chosen: Chosen<T>;
}

export class Picks {
  constructor(private readonly folders: Folders, private readonly board: Board) {}

  /** The folder that is meant; asks only where there is a choice. */
  async folder(): Promise<Folder | undefined> {
    const known = this.folders.folderFor({});
    if (known !== undefined) {
      return known;
    }
    const items = this.folders.all.map((folder) => ({ label: folder.name, folder }));
    return (await vscode.window.showQuickPick(items, { placeHolder: 'In which folder?' }))?.folder;
  }

  /** A target of any folder, the one at the cursor first. */
  async target(placeHolder: string): Promise<Chosen<Target> | undefined> {
    await this.board.fresh();
    const editor = vscode.window.activeTextEditor;
    const here = editor === undefined ? undefined : { path: editor.document.uri.fsPath, line: editor.selection.active.line + 1 };
    const every = this.board.all.flatMap(({ folder, known }) => known.targets.map((it) => ({ folder, it, root: known.root })));
    const items = nearest(every, here).map(({ folder, it }): Item<Target> => ({
      label: shortName(it.name),
      description: [this.folderName(folder), it.path].filter((part) => part !== '').join(' · '),
      detail: it.text,
      chosen: { folder, it },
    }));
    if (items.length === 0) {
      void vscode.window.showInformationMessage('There is no signature or program here. Open a folder that uses DSPy.');
    }
    return items.length === 1 ? items[0]?.chosen : (await this.ask(items, placeHolder))?.chosen;
  }

  /** A run that fits, the newest first. */
  async run(placeHolder: string, fits: (run: Run) => boolean, none: string): Promise<Chosen<Run> | undefined> {
    const items = await this.runItems(fits);
    if (items.length === 0) {
      void vscode.window.showInformationMessage(none);
    }
    return (await this.ask(items, placeHolder))?.chosen;
  }

  /** Two runs or more of one target. */
  async runs(placeHolder: string): Promise<readonly Chosen<Run>[] | undefined> {
    const items = await this.runItems((run) => run.state !== 'queued' && run.state !== 'running');
    const picked = await vscode.window.showQuickPick(items, { placeHolder, canPickMany: true, matchOnDescription: true });
    if (picked !== undefined && picked.length < 2) {
      void vscode.window.showInformationMessage(`Comparing takes two runs or more; ${count(picked.length, 'run')} picked.`);
      return undefined;
    }
    return picked?.map((it) => it.chosen);
  }

  private async runItems(fits: (run: Run) => boolean): Promise<Item<Run>[]> {
    await this.board.fresh();
    return this.board.all.flatMap(({ folder, known }) => known.runs.filter(fits).map((it) => ({
      label: shortName(it.target),
      description: [this.folderName(folder), it.verb === 'evaluate' ? 'evaluation' : it.optimizer].filter((part) => part !== '').join(' · '),
      detail: it.text,
      chosen: { folder, it },
    })));
  }

  private folderName(folder: Folder): string {
    return this.folders.all.length > 1 ? folder.name : '';
  }

  private async ask<T>(items: Item<T>[], placeHolder: string): Promise<Item<T> | undefined> {
    return items.length === 0 ? undefined : vscode.window.showQuickPick(items, { placeHolder, matchOnDescription: true, matchOnDetail: true });
  }
}
