/** Puts the parts together when the editor starts the extension, and takes them apart when it ends. */

import * as vscode from 'vscode';
import { open } from './answers';
import { Board } from './board';
import { Commands } from './commands';
import { Folders } from './folders';
import { Installer } from './install';
import { menu } from './menu';
import { Missing } from './missing';
import { Picks } from './picks';
import { Notifications, Waiting } from './progress';
import { statusBar } from './status';
import { Tree } from './tree';

let folders: Folders | undefined;

export async function activate(context: vscode.ExtensionContext): Promise<void> {
  const output = vscode.window.createOutputChannel('DSPy Lens', { log: true });
  const waiting = new Waiting(context.workspaceState);
  const version = (context.extension.packageJSON as { readonly version: string }).version;
  const installer = new Installer(context.globalStorageUri, context.extensionUri, version, output);
  const all = new Folders(output, new Notifications(waiting), installer.place, new Missing(installer, output));
  const board = new Board(all, output);
  const commands = new Commands(all, new Picks(all, board), waiting);
  folders = all;
  context.subscriptions.push(
    output,
    all,
    board,
    commands.register(),
    statusBar(board),
    Tree.show(board),
    vscode.commands.registerCommand('dspyLens.restart', () => all.restart()),
    vscode.commands.registerCommand('dspyLens.showLog', () => { output.show(); }),
    vscode.commands.registerCommand('dspyLens.menu', () => menu(context.extension, all, board)),
    vscode.commands.registerCommand('dspyLens.open', (at: { folder: string; path: string; line: number; cell: number | null }) => {
      const known = board.all.find(({ folder }) => folder.key === at.folder)?.known;
      return known && open(known.root, at);
    }),
  );
  await all.startAll();
}

export async function deactivate(): Promise<void> {
  await folders?.close();
}
