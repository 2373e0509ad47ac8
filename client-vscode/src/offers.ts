/** What *Optimize With…* offers: pure ordering and arithmetic. */

import { type Choice, type Choices, type Estimate, isRefusal, type Optimizer, type Refusal } from './protocol';

/** One that works here, with what it would take. */
export interface Offer {
  /** `miprov2 auto=heavy`. */
  readonly contender: string;
  readonly name: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly summary: string;
  /** `recommended · est. $0.04–0.07`. */
  readonly text: string;
  readonly estimate: Estimate;
}

/** Those with a role first, then all others, each in the server's order. */
export function offered(choices: readonly Choice[], optimizers: readonly Optimizer[]): { suggested: Offer[]; others: Offer[] } {
  const summaries = new Map(optimizers.map((it) => [it.name, it.summary]));
  const offer = (it: Choice): Offer => ({
    contender: it.contender,
    name: it.optimizer,
    parameters: it.given,
    summary: summaries.get(it.optimizer) ?? '',
    text: [it.roles.join(' and '), it.text].filter((part) => part !== '').join(' · '),
    estimate: it.estimate,
  });
  return {
    suggested: choices.filter((it) => it.roles.length > 0).map(offer),
    others: choices.filter((it) => it.roles.length === 0).map(offer),
  };
}

/** What may be chosen among all optimizers; where the server refuses to tell, nothing, each for its reason. */
export function choicesOf(answer: Choices | Refusal, optimizers: readonly Optimizer[]): Choices {
  return isRefusal(answer)
    ? { choices: [], left_out: optimizers.map((it) => ({ optimizer: it.name, message: answer.refused.message })) }
    : answer;
}

export interface Cap {
  readonly kind: 'settings' | 'dollars' | 'calls' | 'ask';
  readonly title: string;
  readonly note: string;
  readonly amount: number;
}

export const CAPS: readonly Cap[] = [
  { kind: 'settings', title: 'As the settings say', note: 'the cap of this workspace', amount: 0 },
  { kind: 'dollars', title: '$0.10', note: '', amount: 0.1 },
  { kind: 'dollars', title: '$0.50', note: '', amount: 0.5 },
  { kind: 'dollars', title: '$2.00', note: '', amount: 2 },
  { kind: 'calls', title: '100 calls', note: 'also where no price is known', amount: 100 },
  { kind: 'ask', title: 'Another amount…', note: '', amount: 0 },
];

/** What a cap adds to a command's argument. */
export function capOf(cap: Cap): Readonly<Record<string, number>> {
  switch (cap.kind) {
    case 'dollars': return { cap: cap.amount };
    case 'calls': return { cap_calls: cap.amount };
    default: return {};
  }
}
