/** The optimizers of a folder as lists show them, with what each would take for a target. */

import type * as vscode from 'vscode';
import type { Folder } from './folder';
import { choicesOf, type Offer } from './offers';
import { type Argument, type Choices, CHOICES, forServer, type Optimizer, OPTIMIZERS, type Refusal } from './protocol';

/** All optimizers; which of them work for one target, and why the others do not. */
export interface Known extends Choices {
  readonly optimizers: readonly Optimizer[];
}

export interface OptimizerItem extends vscode.QuickPickItem {
  readonly offer: Offer;
}

export async function known(folder: Folder, argument: Argument): Promise<Known> {
  const [{ optimizers }, answer] = await Promise.all([
    folder.ask<{ optimizers: Optimizer[] }>(OPTIMIZERS),
    folder.ask<Choices | Refusal>(CHOICES, forServer(argument)).catch(failed),
  ]);
  return { optimizers, ...choicesOf(answer, optimizers) };
}

/** An optimizer as lists show it: what it is called with, what it takes here, and what it does. */
export function item(offer: Offer): OptimizerItem {
  return { label: offer.contender, description: offer.text, detail: offer.summary, offer };
}

/** A request that went wrong is told where its answer would stand. */
function failed(error: unknown): Refusal {
  return { refused: { reason: 'failed', message: error instanceof Error ? error.message : String(error) } };
}
