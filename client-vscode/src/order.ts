/** Which of many targets is probably meant: the one at the cursor, then its file's, then the rest. */

import { join } from 'node:path';
import type { Target } from './protocol';

export interface Place {
  readonly path: string;
  readonly line: number;
}

interface Placed {
  readonly root: string;
  readonly it: Pick<Target, 'path' | 'line' | 'end_line'>;
}

/** The same targets, the nearest to the cursor first; all others stay in their order. */
export function nearest<T extends Placed>(targets: readonly T[], here: Place | undefined): T[] {
  if (here === undefined) {
    return [...targets];
  }
  const rank = new Map(targets.map((it) => [it, distance(it, here)]));
  return [...targets].sort((a, b) => (rank.get(a) ?? 0) - (rank.get(b) ?? 0));
}

function distance({ root, it }: Placed, here: Place): number {
  if (join(root, it.path) !== here.path) {
    return Number.MAX_SAFE_INTEGER;
  }
  return here.line < it.line ? it.line - here.line : Math.max(0, here.line - it.end_line);
}
