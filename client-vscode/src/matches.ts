/** How the files that may hold examples are grouped for choosing: pure. */

import type { Match } from './protocol';

export interface Matched {
  readonly label: string;
  readonly choosable: boolean;
  readonly matches: readonly Match[];
}

/** What is taken now, what may be taken instead, and what lacks an input; groups without files are left out. */
export function matched(matches: readonly Match[]): Matched[] {
  const groups = [
    { label: 'Taken now', choosable: true, matches: matches.filter((it) => it.rule !== null) },
    { label: 'May fit', choosable: true, matches: matches.filter((it) => it.rule === null && it.fits) },
    { label: 'Lacks an input', choosable: false, matches: matches.filter((it) => it.rule === null && !it.fits) },
  ];
  return groups.filter((it) => it.matches.length > 0);
}
