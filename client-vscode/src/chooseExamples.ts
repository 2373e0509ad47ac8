/** *Choose Examples…*: the files that may hold a target's examples, each with a preview of its mapped columns. */

import * as vscode from 'vscode';
import type { Folder } from './folder';
import { type Matched, matched } from './matches';
import { type Argument, forServer, isRefusal, type Match, MATCHES, type Refusal, shortName } from './protocol';

interface Item extends vscode.QuickPickItem {
  readonly match?: Match;
}

/** The argument with the file and its map; undefined when the question was closed or there is nothing to choose. */
export async function askMatch(folder: Folder, argument: Argument): Promise<Argument | undefined> {
  const answer = await folder.ask<{ matches: Match[] } | Refusal>(MATCHES, forServer(argument));
  const name = shortName(argument.target ?? '');
  if (isRefusal(answer)) {
    void vscode.window.showWarningMessage(answer.refused.message);
    return undefined;
  }
  const groups = matched(answer.matches);
  if (!groups.some((it) => it.choosable)) {
    await offerToCreate(folder, argument, name);
    return undefined;
  }
  const picked = await vscode.window.showQuickPick(groups.flatMap(items), {
    title: `Examples of ${name}`, placeHolder: 'Which file holds them?', matchOnDetail: true, matchOnDescription: true,
  });
  return picked?.match && { ...argument, source: picked.match.source, map: picked.match.map };
}

async function offerToCreate(folder: Folder, argument: Argument, name: string): Promise<void> {
  const message = `No file here has columns for the fields of ${name}. Create examples, or import them from elsewhere.`;
  if (await vscode.window.showInformationMessage(message, 'Create Examples') !== undefined) {
    await vscode.commands.executeCommand('dspyLens.createExamples', { folder: folder.key, target: argument.target });
  }
}

/** Files that cannot be taken are named with what they lack, so that nobody looks for them in vain. */
function items({ label, choosable, matches }: Matched): Item[] {
  return [
    { label, kind: vscode.QuickPickItemKind.Separator },
    ...matches.map((match): Item => ({
      label: `$(${choosable ? match.rule === null ? 'file' : 'check' : 'circle-slash'}) ${match.source}`,
      description: match.text,
      detail: match.detail,
      ...(choosable && { match }),
    })),
  ];
}

/** Settings count once they are saved; the edit can still be undone. */
export async function saveSettings(path: string): Promise<void> {
  const document = vscode.workspace.textDocuments.find((it) => it.fileName.endsWith(path));
  if (path.endsWith('.toml')) {
    await document?.save();
  }
}
