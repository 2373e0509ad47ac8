/** How soon a server that went is started again: at once the first time, then ever later, then not any more. */

const DELAYS = [0, 1_000, 3_000, 8_000, 20_000] as const;
const FORGET = 180_000; // milliseconds after which an end no longer counts

export class Backoff {
  private ends: number[] = [];

  /** Milliseconds to wait before the next start; undefined when it ended too often. */
  ended(now: number): number | undefined {
    this.ends = [...this.ends.filter((it) => now - it < FORGET), now];
    return DELAYS[this.ends.length - 1];
  }
}
