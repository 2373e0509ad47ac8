/** The optimizers of a folder as lists show them, with what each would take for a target. */

import type * as vscode from 'vscode';
import type { Folder } from './folder';
import type { Offer } from './offers';
import { type Argument, type Choice, CHOICES, forServer, isRefusal, type Optimizer, OPTIMIZERS, type Refusal } from './protocol';

/** All optimizers, and what works for one target; nothing does where the server refuses to tell. */
export interface Known {
  readonly optimizers: readonly Optimizer[];
  readonly choices: readonly Choice[];
}

export interface OptimizerItem extends vscode.QuickPickItem {
  readonly offer: Offer;
}

export async function known(folder: Folder, argument: Argument): Promise<Known> {
  const [{ optimizers }, answer] = await Promise.all([
    folder.ask<{ optimizers: Optimizer[] }>(OPTIMIZERS),
    folder.ask<{ choices: Choice[] } | Refusal>(CHOICES, forServer(argument)).catch(failed),
  ]);
  return { optimizers, choices: isRefusal(answer) ? [] : answer.choices };
}

/** An optimizer as lists show it: what it is called with, what it takes here, and what it does. */
export function item(offer: Offer): OptimizerItem {
  return { label: offer.contender, description: offer.text, detail: offer.summary, offer };
}

/** A request that went wrong leaves the others as they are. */
export function failed(error: unknown): Refusal {
  return { refused: { reason: 'failed', message: error instanceof Error ? error.message : String(error) } };
}
