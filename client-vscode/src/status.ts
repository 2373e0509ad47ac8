/** The status bar item: targets, what runs, what this month has cost. A click opens the menu of commands. */

import * as vscode from 'vscode';
import type { Board } from './board';
import { count, spentText, statusText } from './format';
import { shortName } from './protocol';

export function statusBar(board: Board): vscode.Disposable {
  const item = vscode.window.createStatusBarItem('dspyLens.status', vscode.StatusBarAlignment.Left, 5);
  item.name = 'DSPy Lens';
  item.command = 'dspyLens.menu';
  const update = (): void => { show(item, board); };
  update();
  return vscode.Disposable.from(item, board.onChanged(update), vscode.workspace.onDidChangeConfiguration(update));
}

function show(item: vscode.StatusBarItem, board: Board): void {
  const all = board.all;
  if (all.length === 0 || !vscode.workspace.getConfiguration('dspyLens').get<boolean>('statusBar', true)) {
    item.hide();
    return;
  }
  const targets = all.reduce((sum, { known }) => sum + known.targets.length, 0);
  const month = all.reduce((most, { known }) => Math.max(most, known.spending.this_month), 0);
  const running = board.goingOn;
  item.text = statusText(targets, running, month);
  item.accessibilityInformation = { label: `DSPy Lens: ${count(targets, 'target')}, ${count(running.length, 'run')} going on` };
  item.tooltip = new vscode.MarkdownString([
    `**DSPy Lens** · ${count(targets, 'signature or program').replace('programs', 'program')}`,
    ...running.map((it) => `${shortName(it.target)}: ${it.text}`),
    ...new Set(all.map(({ known }) => spentText(known.spending))),
  ].join('\n\n'));
  item.show();
}
