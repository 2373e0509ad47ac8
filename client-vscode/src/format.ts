/** The few texts that are made here; all others come from the server. */

import { type Run, shortName, type Spending } from './protocol';

/** `3 targets`, `1 target`. */
export function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? '' : 's'}`;
}

/** `$0.05`; less than a cent, but not nothing, is said so. */
export function dollars(amount: number): string {
  return amount > 0 && amount < 0.01 ? '<$0.01' : `$${amount.toFixed(2)}`;
}

/** `$1.20 this month · $18.80 of $20.00 a month left`. */
export function spentText({ this_month: month, budget }: Pick<Spending, 'this_month' | 'budget'>): string {
  const left = budget === null ? [] : [`${dollars(budget.left)} of ${dollars(budget.dollars)} a ${budget.per} left`];
  return [`${dollars(month)} this month`, ...left].join(' · ');
}

/** What the status bar says: what runs, else how many targets; and what the month has cost, if anything. */
export function statusText(targets: number, running: readonly Run[], month: number): string {
  const [first] = running;
  const others = running.length > 1 ? ` +${running.length - 1}` : '';
  const what = first === undefined ? `$(telescope) ${count(targets, 'target')}` : `$(sync~spin) ${shortName(first.target)}${others}: ${first.text}`;
  return month > 0 ? `${what} · ${dollars(month)}` : what;
}
