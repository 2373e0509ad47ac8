/** What helps after a refusal: one action for each reason. */

import type { CommandName, Refusal } from './protocol';

export type Remedy =
  | { readonly kind: 'command'; readonly title: string; readonly command: CommandName }
  | { readonly kind: 'save'; readonly title: string }
  | { readonly kind: 'terminal'; readonly title: string; readonly text: string }
  | { readonly kind: 'editor'; readonly title: string; readonly command: string };

const REMEDIES: Readonly<Record<string, Remedy>> = {
  unsaved: { kind: 'save', title: 'Save and Go On' },
  untrusted: { kind: 'editor', title: 'Manage Workspace Trust', command: 'workbench.trust.manage' },
  examples: { kind: 'command', title: 'Create Examples', command: 'createExamples' },
  metric: { kind: 'command', title: 'Create Metric', command: 'createMetric' },
  missing: { kind: 'command', title: 'Run Doctor', command: 'doctor' },
  budget: { kind: 'command', title: 'Show Spending', command: 'spend' },
};

export const UNTRUSTED = {
  reason: 'untrusted',
  message: 'This workspace is not trusted, so signatures are read and nothing runs. Trust it to optimize.',
} as const;

/** Commands that start the user's Python; in an untrusted workspace they are not even sent. */
export const RUNNING: ReadonlySet<CommandName> = new Set<CommandName>([
  'optimize', 'optimizeWith', 'compareWith', 'dryRun', 'evaluate', 'rerun', 'rerunStale', 'preview', 'trust',
]);

export function remedyFor({ reason, fix }: Refusal['refused']): Remedy | undefined {
  return fix === undefined ? REMEDIES[reason] : { kind: 'terminal', title: 'Type It Into a Terminal', text: fix };
}
