/** Paths as settings write them. */

import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';

/** `~` and `${workspaceFolder}` resolved, relative paths from the folder; a bare name stays one that PATH finds. */
export function absolute(path: string, folder: string, home: string = homedir()): string {
  const whole = path.replaceAll('${workspaceFolder}', folder).replace(/^~(?=[/\\]|$)/, home);
  const isName = whole === '' || !/[/\\]/.test(whole);
  return isName || isAbsolute(whole) ? whole : join(folder, whole);
}
