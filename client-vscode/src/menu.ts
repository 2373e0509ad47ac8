/** The menu of commands behind the status bar item: what runs first, then all that the servers know. */

import * as vscode from 'vscode';
import type { Board } from './board';
import type { Folders } from './folders';
import { type Argument, PREFIX, shortName } from './protocol';

interface Contributed {
  readonly contributes: { readonly commands: readonly { readonly command: string; readonly title: string }[] };
}

interface Item extends vscode.QuickPickItem {
  readonly command?: string;
  readonly argument?: Argument;
}

const ALWAYS = ['showLog', 'restart'];

export async function menu(extension: vscode.Extension<unknown>, folders: Folders, board: Board): Promise<void> {
  const known = new Set<string>([...folders.all.flatMap((it) => it.commands), ...ALWAYS]);
  const { contributes } = extension.packageJSON as Contributed;
  const commands = contributes.commands.filter((it) => known.has(it.command.slice(PREFIX.length)));
  const items: Item[] = [
    ...board.goingOn.map((it) => ({
      label: `$(debug-stop) Stop ${shortName(it.target)}`, description: it.text, command: `${PREFIX}cancel`, argument: { run: it.run },
    })),
    ...commands.map((it) => ({ label: it.title, command: it.command })),
  ];
  const picked = await vscode.window.showQuickPick(items, { title: 'DSPy Lens', placeHolder: 'What shall be done?' });
  if (picked?.command !== undefined) {
    await vscode.commands.executeCommand(picked.command, picked.argument);
  }
}
