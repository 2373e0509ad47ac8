/** *Choose Examples…*: the files that may hold a target's examples, each with a preview of its mapped columns. */

import * as vscode from 'vscode';
import type { Folder } from './folder';
import { type Matched, matched } from './matches';
import { type Argument, forServer, isRefusal, type Match, MATCHES, type Refusal, shortName } from './protocol';

interface Item extends vscode.QuickPickItem {
  readonly match?: Match;
}

/** The argument with the file and its map; undefined when the question was closed. */
export async function askMatch(folder: Folder, argument: Argument): Promise<Argument | undefined> {
  const answer = await folder.ask<{ matches: Match[] } | Refusal>(MATCHES, forServer(argument));
  const groups = isRefusal(answer) ? [] : matched(answer.matches);
  if (!groups.some((it) => it.choosable)) {
    return argument; // the command itself says why
  }
  const picked = await vscode.window.showQuickPick(groups.flatMap(items), {
    title: `Examples of ${shortName(argument.target ?? '')}`, placeHolder: 'Which file holds them?', matchOnDetail: true, matchOnDescription: true,
  });
  return picked?.match && { ...argument, source: picked.match.source, map: picked.match.map };
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
