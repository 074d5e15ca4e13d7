import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, sep } from 'node:path';
import { isOlder } from '../cluster/engines/required-package.js';

/** The packages below Nest's adapter, each with the package that requires it. */
const REQUIRED_BY: ReadonlyArray<[name: string, requiredBy: string | undefined]> = [
  ['@nestjs/platform-socket.io', undefined],
  ['socket.io', '@nestjs/platform-socket.io'],
  ['engine.io', 'socket.io'],
  ['socket.io-parser', 'socket.io'],
  ['socket.io-adapter', 'socket.io'],
  ['ws', 'engine.io'],
];

/** The first versions in which clients cannot end the process or exhaust its memory by what is known so far. */
const FIRST_SAFE: Readonly<Record<string, string>> = {
  'engine.io': '6.6.9',
  'socket.io-parser': '4.2.7',
  'socket.io-adapter': '2.5.8',
  ws: '8.21.0',
};

/**
 * Returns a warning for each package under Socket.IO whose installed version is known to be vulnerable: the ranges that
 * Socket.IO declares accept such versions, too. What cannot be found is not warned of.
 *
 * @param main a file of the application; its packages are searched for from there
 */
export function vulnerableDependencies(main: string): string[] {
  const entries = new Map<string, string>();
  const warnings: string[] = [];
  for (const [name, requiredBy] of REQUIRED_BY) {
    const from = requiredBy === undefined ? main : entries.get(requiredBy);
    const entry = from && findEntry(name, from);
    if (!entry) continue;
    entries.set(name, entry);
    const safe = FIRST_SAFE[name];
    const version = safe && versionOf(name, entry);
    if (!version || !isOlder(version, safe)) continue;
    warnings.push(
      `${name} ${version} is installed, in which clients are known to be able to end the process or to exhaust its ` +
        `memory. Update it to ${safe} or later: npm update ${name}.`,
    );
  }
  return warnings;
}

function findEntry(name: string, from: string): string | undefined {
  try {
    return createRequire(from).resolve(name);
  } catch {
    return undefined;
  }
}

/** Reads the version from the file itself: most packages do not export it. */
function versionOf(name: string, entry: string): string | undefined {
  const folder = join('node_modules', name) + sep;
  const end = entry.lastIndexOf(folder);
  if (end < 0) return undefined;
  try {
    const { version } = JSON.parse(readFileSync(join(entry.slice(0, end), folder, 'package.json'), 'utf8')) as {
      version?: unknown;
    };
    return typeof version === 'string' ? version : undefined;
  } catch {
    return undefined;
  }
}
