/** *Optimize With…*: optimizers with what each would cost here and whether it fits, then model, then cap. */

import * as vscode from 'vscode';
import type { Folder } from './folder';
import { type Cap, capOf, CAPS, type Offer, offered } from './offers';
import { item, known, type OptimizerItem } from './optimizers';
import { type Argument, ESTIMATE, type Estimate, forServer, isRefusal, type Refusal, shortName } from './protocol';

/** Titles, and the optimizers that do not work here, cannot be chosen. */
type Item = vscode.QuickPickItem & Partial<OptimizerItem>;

const PRACTICE = 'offline';
const OTHER = 'Another model…';

/** The argument with optimizer, model and cap; undefined when a question was closed. */
export async function askHow(folder: Folder, argument: Argument): Promise<Argument | undefined> {
  const offer = await askOptimizer(folder, argument);
  if (offer === undefined) {
    return undefined;
  }
  const chosen = { ...argument, optimizer: offer.name, parameters: offer.parameters };
  const usual = offer.estimate.model ?? undefined;
  const model = await askModel(folder, chosen, usual);
  if (model === undefined) {
    return undefined;
  }
  const withModel = model === usual ? chosen : { ...chosen, model };
  const cap = await askCap(await estimate(folder, withModel), offer.name);
  return cap === undefined ? undefined : { ...withModel, ...capOf(cap) };
}

async function askOptimizer(folder: Folder, argument: Argument): Promise<Offer | undefined> {
  const pick = vscode.window.createQuickPick<Item>();
  pick.title = `Optimize ${shortName(argument.target ?? '')} With…`;
  pick.placeholder = 'Which optimizer?';
  pick.matchOnDescription = true;
  pick.matchOnDetail = true;
  pick.busy = true;
  pick.show();
  void fill(pick, folder, argument);
  return new Promise((resolve) => {
    pick.onDidAccept(() => {
      const offer = pick.selectedItems[0]?.offer;
      if (offer !== undefined) {
        resolve(offer);
        pick.hide();
      }
    });
    pick.onDidHide(() => {
      resolve(undefined);
      pick.dispose();
    });
  });
}

/** What works here, and why the others do not. */
async function fill(pick: vscode.QuickPick<Item>, folder: Folder, argument: Argument): Promise<void> {
  const { choices, left_out: left, optimizers } = await known(folder, argument);
  const { suggested, others } = offered(choices, optimizers);
  const impossible = left.map((it): Item => ({ label: `$(circle-slash) ${it.optimizer}`, detail: it.message }));
  pick.items = [
    ...titled('Suggested', suggested.map(item)),
    ...titled('Others', others.map(item)),
    ...titled('Not possible here', impossible),
  ];
  pick.busy = false;
}

function titled(label: string, items: readonly Item[]): Item[] {
  return items.length === 0 ? [] : [{ label, kind: vscode.QuickPickItemKind.Separator }, ...items];
}

async function askModel(folder: Folder, argument: Argument, usual: string | undefined): Promise<string | undefined> {
  const answer = await folder.ask<{ runs: { models: Record<string, unknown> }[] }>('dspyLens/runs');
  const used = answer.runs.map((it) => nameOf(it.models['task'])).filter((it) => it !== undefined);
  const names = [...new Set([...(usual === undefined ? [] : [usual]), ...used, PRACTICE])];
  const items = names.map((label) => ({ label, description: label === usual ? 'as the settings say' : label === PRACTICE ? 'the practice model: free, no key' : 'used before' }));
  const picked = await vscode.window.showQuickPick([...items, { label: OTHER, description: 'by its name, such as openai/gpt-4o-mini' }], {
    title: `Optimize ${shortName(argument.target ?? '')} With ${String(argument['optimizer'])}`,
    placeHolder: 'Which model?',
  });
  if (picked?.label !== OTHER) {
    return picked?.label;
  }
  const named = await vscode.window.showInputBox({ prompt: 'The model, as DSPy names it', placeHolder: 'openai/gpt-4o-mini' });
  return named === '' ? undefined : named;
}

async function askCap(known: Estimate | Refusal, optimizer: string): Promise<Cap | undefined> {
  const cost = isRefusal(known) ? known.refused.message : `${known.model ?? ''} · ${known.text}`;
  const options = { title: `${optimizer} · ${cost}`, placeHolder: 'What may it spend at most?' };
  const picked = await vscode.window.showQuickPick(CAPS.map((it) => ({ label: it.title, description: it.note, it })), options);
  if (picked?.it.kind !== 'ask') {
    return picked?.it;
  }
  const typed = await vscode.window.showInputBox({
    prompt: 'Dollars that this run may spend at most',
    validateInput: (text) => Number(text) > 0 ? undefined : 'A number above 0, such as 0.25',
  });
  return typed === undefined ? undefined : { kind: 'dollars', title: '', note: '', amount: Number(typed) };
}

async function estimate(folder: Folder, argument: Argument): Promise<Estimate | Refusal> {
  return folder.ask<Estimate | Refusal>(ESTIMATE, forServer(argument));
}

function nameOf(model: unknown): string | undefined {
  const name: unknown = typeof model === 'object' && model !== null && 'name' in model ? model.name : model;
  return typeof name === 'string' ? name : undefined;
}
