/** All folders that use DSPy, each with its client: started when they do, stopped when they go. */

import * as vscode from 'vscode';
import { Folder } from './folder';
import { look, onOtherPython } from './interpreter';
import { Missing } from './missing';
import type { Notifications } from './progress';
import { type Argument, COMMANDS } from './protocol';
import { anyMentions, CODE, DEPENDENCIES, mentionsDspy, MOST, NOT_CODE } from './usage';

export class Folders implements vscode.Disposable {
  private readonly running = new Map<string, Folder>();
  private readonly starting = new Map<string, Promise<void>>();
  private readonly changes = new vscode.EventEmitter<Folder | undefined>();
  /** Fires with a folder whose targets or runs changed, and with undefined when folders came or went. */
  readonly onChanged = this.changes.event;
  private readonly subscriptions: vscode.Disposable[];
  private otherPython: vscode.Disposable | undefined;
  private turning: Promise<void> = Promise.resolve();

  constructor(
    private readonly output: vscode.LogOutputChannel,
    private readonly bars: Notifications,
    private readonly own: string,
    private readonly missing: Missing,
  ) {
    this.subscriptions = [
      vscode.workspace.onDidChangeWorkspaceFolders(async ({ added, removed }) => {
        await Promise.all(removed.map((it) => this.stop(it.uri.toString())));
        await Promise.all(added.map((it) => this.startIfUsed(it)));
      }),
      vscode.workspace.onDidOpenTextDocument((it) => void this.opened(it)),
      vscode.workspace.onDidSaveTextDocument((it) => void this.opened(it)),
      vscode.workspace.onDidGrantWorkspaceTrust(() => void this.restart()),
      vscode.workspace.onDidChangeConfiguration((it) => void this.configured(it)),
    ];
  }

  get all(): readonly Folder[] {
    return [...this.running.values()];
  }

  /** Waits until what is about to start, or to start anew, has done so. */
  async ready(): Promise<void> {
    await this.turning;
    await Promise.all(this.starting.values());
  }

  async startAll(): Promise<void> {
    this.otherPython ??= await onOtherPython(() => void this.reconsider());
    await Promise.all((vscode.workspace.workspaceFolders ?? []).map((it) => this.startIfUsed(it)));
  }

  restart(): Promise<void> {
    return this.turn(this.startAnew());
  }

  private turn(work: Promise<void>): Promise<void> {
    // Its caller hears how it ended; who only waits for the end does not.
    this.turning = work.catch(() => undefined);
    return work;
  }

  private async startAnew(): Promise<void> {
    // What is about to start may have been begun before trust was given.
    await Promise.all(this.starting.values());
    await Promise.all([...this.running.keys()].map((it) => this.stop(it)));
    await this.startAll();
  }

  /** Starts those anew for which another server or another Python is the right one by now. */
  reconsider(): Promise<void> {
    return this.turn(this.startThoseThatChanged());
  }

  private async startThoseThatChanged(): Promise<void> {
    await Promise.all(this.all.map(async (it) => {
      if (!it.isMadeOf(await look(it.folder, this.own))) {
        await this.stop(it.key);
        await this.start(it.folder);
      }
    }));
  }

  /** The folder that an argument or the active editor belongs to; undefined where that leaves a choice. */
  folderFor(argument: Argument): Folder | undefined {
    const named = argument.folder ?? this.active()?.uri.toString();
    const [first, ...others] = this.all;
    return this.running.get(named ?? '') ?? (others.length === 0 ? first : undefined);
  }

  active(): vscode.WorkspaceFolder | undefined {
    const uri = vscode.window.activeTextEditor?.document.uri ?? vscode.window.activeNotebookEditor?.notebook.uri;
    return uri === undefined ? undefined : vscode.workspace.getWorkspaceFolder(uri);
  }

  async close(): Promise<void> {
    await Promise.all([...this.running.keys()].map((it) => this.stop(it)));
  }

  dispose(): void {
    vscode.Disposable.from(...this.subscriptions).dispose();
    this.otherPython?.dispose();
    this.changes.dispose();
  }

  private async startIfUsed(folder: vscode.WorkspaceFolder): Promise<void> {
    if (folder.uri.scheme === 'file' && await usesDspy(folder)) {
      await this.start(folder);
    }
  }

  /** A folder begins to use DSPy when a document of it does. */
  private async opened(document: vscode.TextDocument): Promise<void> {
    const folder = vscode.workspace.getWorkspaceFolder(document.uri);
    if (folder === undefined || document.languageId !== 'python' || this.running.has(folder.uri.toString())) {
      return;
    }
    if (folder.uri.scheme === 'file' && mentionsDspy(document.getText())) {
      await this.start(folder);
    }
  }

  private start(folder: vscode.WorkspaceFolder): Promise<void> {
    const key = folder.uri.toString();
    const begun = this.starting.get(key) ?? this.startOne(folder).finally(() => this.starting.delete(key));
    this.starting.set(key, begun);
    return begun;
  }

  private async startOne(folder: vscode.WorkspaceFolder): Promise<void> {
    const key = folder.uri.toString();
    if (this.running.has(key)) {
      return;
    }
    const found = await look(folder, this.own);
    const { server } = found;
    if (server === undefined) {
      this.missing.server(() => this.start(folder));
      return;
    }
    this.output.info(`${folder.name}: ${server.command} ${server.args.join(' ')}`);
    const started = new Folder(folder, { ...found, server }, {
      output: this.output,
      bars: this.bars,
      gaveUp: (it) => void this.stop(it.key).then(() => { this.missing.gaveUp(() => this.restart()); }),
    });
    try {
      await started.start();
    } catch (error) {
      this.output.error(`${folder.name}: ${String(error)}`);
      this.missing.start(server.command, () => this.start(folder));
      return;
    }
    this.running.set(key, started);
    started.onChanged(() => { this.changes.fire(started); });
    await this.announce();
  }

  private async stop(key: string): Promise<void> {
    const folder = this.running.get(key);
    if (folder !== undefined) {
      this.running.delete(key);
      await folder.stop();
      await this.announce();
    }
  }

  private async configured(change: vscode.ConfigurationChangeEvent): Promise<void> {
    if (change.affectsConfiguration('dspyLens.codeLens')) {
      this.all.forEach((it) => { it.refreshLenses(); });
    }
    if (change.affectsConfiguration('dspyLens.path') || change.affectsConfiguration('dspyLens.interpreter')) {
      await this.reconsider();
      await this.startAll();
    }
  }

  /** Shows the commands that a server here knows, and no others. */
  private async announce(): Promise<void> {
    const known = new Set(this.all.flatMap((it) => it.commands));
    await Promise.all([
      setContext('dspyLens.started', this.all.length > 0),
      ...COMMANDS.map((it) => setContext(`dspyLens.knows.${it}`, known.has(it))),
    ]);
    this.changes.fire(undefined);
  }
}

async function setContext(key: string, value: boolean): Promise<void> {
  await vscode.commands.executeCommand('setContext', key, value);
}

async function usesDspy(folder: vscode.WorkspaceFolder): Promise<boolean> {
  const read = async (it: vscode.Uri): Promise<string> => Buffer.from(await vscode.workspace.fs.readFile(it)).toString('latin1');
  const find = (glob: string) => vscode.workspace.findFiles(new vscode.RelativePattern(folder, glob), NOT_CODE, MOST);
  return await anyMentions(await find(DEPENDENCIES), read) || anyMentions(await find(CODE), read);
}
