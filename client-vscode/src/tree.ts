/** The side bar: signatures and programs with their standing, their runs beneath them. */

import * as vscode from 'vscode';
import type { Board } from './board';
import type { Folder } from './folder';
import { type Argument, hasResult, isGoingOn, type Run, type RunState, shortName, type StandingName, type Target } from './protocol';

type Node =
  | { readonly kind: 'folder'; readonly folder: Folder }
  | { readonly kind: 'target'; readonly folder: Folder; readonly it: Target }
  | { readonly kind: 'run'; readonly folder: Folder; readonly it: Run };

const MOST_RUNS = 20;

const STANDINGS: Readonly<Record<StandingName, readonly [icon: string, color: string | undefined]>> = {
  never: ['circle-outline', undefined],
  running: ['sync~spin', 'charts.blue'],
  fresh: ['pass-filled', 'charts.green'],
  applied: ['verified-filled', 'charts.green'],
  stale: ['warning', 'charts.yellow'],
  failed: ['error', 'charts.red'],
};

const STATES: Readonly<Record<RunState, StandingName>> = {
  queued: 'running', running: 'running', succeeded: 'fresh', stopped: 'fresh', failed: 'failed', lost: 'failed',
};

export class Tree implements vscode.TreeDataProvider<Node> {
  private readonly changes = new vscode.EventEmitter<void>();
  readonly onDidChangeTreeData = this.changes.event;

  constructor(private readonly board: Board) {
    board.onChanged(() => { this.changes.fire(); });
  }

  static show(board: Board): vscode.Disposable {
    const view = vscode.window.createTreeView('dspyLens.targets', { treeDataProvider: new Tree(board), showCollapseAll: true });
    const badge = (): void => {
      const n = board.goingOn.length;
      view.badge = n === 0 ? undefined : { value: n, tooltip: n === 1 ? 'one run going on' : `${n} runs going on` };
    };
    return vscode.Disposable.from(view, board.onChanged(badge));
  }

  getChildren(node?: Node): Node[] {
    if (node === undefined) {
      const all = this.board.all.map(({ folder }) => folder);
      return all.length > 1 ? all.map((folder) => ({ kind: 'folder', folder })) : all.flatMap((it) => this.targets(it));
    }
    switch (node.kind) {
      case 'folder': return this.targets(node.folder);
      case 'target': return this.runs(node.folder, node.it);
      case 'run': return [];
    }
  }

  getTreeItem(node: Node): vscode.TreeItem {
    switch (node.kind) {
      case 'folder': return new vscode.TreeItem(node.folder.name, vscode.TreeItemCollapsibleState.Expanded);
      case 'target': return this.targetItem(node.folder, node.it);
      case 'run': return runItem(node.folder, node.it);
    }
  }

  private targets(folder: Folder): Node[] {
    const targets = [...this.board.of(folder).targets];
    targets.sort((a, b) => a.path.localeCompare(b.path) || a.line - b.line);
    return targets.map((it) => ({ kind: 'target', folder, it }));
  }

  private runs(folder: Folder, target: Target): Node[] {
    const runs = this.board.of(folder).runs.filter((it) => it.target === target.name);
    return runs.slice(0, MOST_RUNS).map((it) => ({ kind: 'run', folder, it }));
  }

  private targetItem(folder: Folder, it: Target): vscode.TreeItem {
    const { None, Collapsed } = vscode.TreeItemCollapsibleState;
    const item = new vscode.TreeItem(shortName(it.name), this.runs(folder, it).length > 0 ? Collapsed : None);
    item.id = `${folder.key} ${it.name}`;
    item.description = it.text;
    item.tooltip = `${it.name}\n${it.path}:${it.line}\n${it.offer}\n${it.text}`;
    item.iconPath = icon(it.standing);
    item.contextValue = `target ${it.standing}`;
    item.command = { command: 'dspyLens.open', title: 'Open', arguments: [{ folder: folder.key, path: it.path, line: it.line, cell: it.cell }] };
    return item;
  }
}

function runItem(folder: Folder, it: Run): vscode.TreeItem {
  const item = new vscode.TreeItem(it.text);
  item.id = `${folder.key} ${it.run}`;
  item.description = it.verb === 'evaluate' ? 'evaluation' : it.optimizer;
  item.tooltip = `run ${it.run}, ${it.state}`;
  item.iconPath = icon(STATES[it.state]);
  item.contextValue = `run ${isGoingOn(it) ? 'running' : hasResult(it) ? 'result' : 'failed'}`;
  item.command = { command: 'dspyLens.show', title: 'Show Result', arguments: [{ folder: folder.key, run: it.run }] };
  return item;
}

function icon(standing: StandingName): vscode.ThemeIcon {
  const [name, color] = STANDINGS[standing];
  return new vscode.ThemeIcon(name, color === undefined ? undefined : new vscode.ThemeColor(color));
}

/** What a command gets when it comes from the view's own menus. */
export function argumentOf(node: unknown): Argument | undefined {
  if (typeof node !== 'object' || node === null || !('kind' in node)) {
    return undefined;
  }
  const found = node as Node;
  switch (found.kind) {
    case 'folder': return { folder: found.folder.key };
    case 'target': return { folder: found.folder.key, target: found.it.name };
    case 'run': return { folder: found.folder.key, target: found.it.target, run: found.it.run };
  }
}
