/** *Compare Optimizers and Models…*: which of the optimizers that work here shall run against each other. */

import * as vscode from 'vscode';
import type { Folder } from './folder';
import { offered } from './offers';
import { item, known } from './optimizers';
import { type Argument, shortName } from './protocol';

/** The argument with the optimizers that were ticked; undefined when the question was closed. */
export async function askContenders(folder: Folder, argument: Argument): Promise<Argument | undefined> {
  const { choices, optimizers } = await known(folder, argument);
  if (choices.length === 0) {
    return argument; // the command itself says why
  }
  const { suggested, others } = offered(choices, optimizers);
  const items = [...suggested.map((it) => ({ ...item(it), picked: true })), ...others.map(item)];
  const picked = await vscode.window.showQuickPick(items, {
    title: `Compare for ${shortName(argument.target ?? '')}`,
    placeHolder: 'Which optimizers? The price of all comes next',
    canPickMany: true,
    matchOnDetail: true,
  });
  return picked === undefined || picked.length === 0 ? undefined : { ...argument, optimizers: picked.map((it) => it.offer.contender) };
}
