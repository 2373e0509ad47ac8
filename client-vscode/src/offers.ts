/** What *Optimize With…* offers: pure ordering and arithmetic. */

import type { Estimate } from './protocol';

export interface Offer {
  readonly name: string;
  readonly summary: string;
  readonly estimate?: Estimate;
  /** Why it cannot work here. */
  readonly problem?: string;
}

/** Those that work here in the server's order, and those that do not. */
export function offered(offers: readonly Offer[]): { fitting: Offer[]; others: Offer[] } {
  return {
    fitting: offers.filter((it) => it.estimate !== undefined),
    others: offers.filter((it) => it.estimate === undefined),
  };
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
