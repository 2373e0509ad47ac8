/** *Compare Optimizers and Models…*: which of the optimizers that work here shall run against each other. */

import * as vscode from 'vscode';
import type { Folder } from './folder';
import { offered } from './offers';
import { item } from './optimizeWith';
import { type Argument, type Choice, CHOICES, forServer, isRefusal, type Optimizer, OPTIMIZERS, type Refusal, shortName } from './protocol';

/** The argument with the optimizers that were ticked; undefined when the question was closed. */
export async function askContenders(folder: Folder, argument: Argument): Promise<Argument | undefined> {
  const items = await itemsOf(folder, argument);
  if (items === undefined) {
    return argument; // the command itself says why
  }
  const picked = await vscode.window.showQuickPick(items, {
    title: `Compare for ${shortName(argument.target ?? '')}`,
    placeHolder: 'Which optimizers? The price of all comes next',
    canPickMany: true,
    matchOnDetail: true,
  });
  return picked === undefined || picked.length === 0 ? undefined : { ...argument, optimizers: picked.map((it) => it.offer.contender) };
}

async function itemsOf(folder: Folder, argument: Argument): Promise<ReturnType<typeof item>[] | undefined> {
  const [{ optimizers }, answer] = await Promise.all([
    folder.ask<{ optimizers: Optimizer[] }>(OPTIMIZERS),
    folder.ask<{ choices: Choice[] } | Refusal>(CHOICES, forServer(argument)),
  ]);
  if (isRefusal(answer)) {
    return undefined;
  }
  const { suggested, others } = offered(answer.choices, optimizers);
  return [...suggested.map((it) => ({ ...item(it), picked: true })), ...others.map(item)];
}
