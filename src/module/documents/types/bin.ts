#!/usr/bin/env node
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { DescribedApplication } from '../application.js';
import { readArguments, type TypesArguments, USAGE } from './arguments.js';
import { CommandError } from './command-error.js';
import { LoadedModules } from './loaded-modules.js';
import { bootPreview } from './preview.js';
import { FIRST_LINE, RouteMap } from './route-map.js';
import { TypeImports } from './type-imports.js';

/** Writes the file, or checks it, and returns what to say of that. */
async function run(asked: TypesArguments): Promise<string> {
  const { out, check, file } = asked;
  const known = readIfThere(out);
  if (known !== undefined && !known.startsWith(FIRST_LINE))
    throw new CommandError(`${out} was not written by this command. Move it, or name another file: --out <file>.`);
  const loaded = new LoadedModules();
  const application = new DescribedApplication(await bootPreview(asked));
  if (application.routes.length === 0)
    throw new CommandError(`The module of ${file} has no routes. Is it the root module of the application?`);
  const imports = new TypeImports(loaded, asked);
  const text = await new RouteMap(application, imports).write();
  warn(application, imports, asked);
  const routes = `${application.routes.length} routes and ${application.resources.length} resources`;
  if (known !== undefined && known.replaceAll('\r\n', '\n') === text) return `${out} is up to date: ${routes}.`;
  if (check)
    throw new CommandError(
      `${out} ${known === undefined ? 'is not there' : 'is out of date'}. Write it: the same command, without --check.`,
    );
  mkdirSync(dirname(resolve(out)), { recursive: true });
  writeFileSync(out, text);
  return `${out} is written: ${routes}.`;
}

function warn(application: DescribedApplication, { missing }: TypeImports, asked: TypesArguments): void {
  const isVersioned = application.routes.some(({ route }) => route.version !== undefined);
  if (isVersioned && !asked.versioning && asked.setup === undefined)
    say('Some controllers have a version. If it is part of their paths, as main.ts says it, add --versioning.');
  if (application.resources.length === 0)
    say('No controller is decorated with @Resourceful(), so there are no events.');
  if (missing.size > 0)
    say(
      `No file that was loaded exports ${[...missing].sort().join(', ')}, or the ` +
        `${asked.declarations ? 'declarations' : 'source'} of that file cannot be found, so these types are unknown. ` +
        `Export them, compile with "${asked.declarations ? 'declaration' : 'sourceMap'}": true, or name a module ` +
        'that exports all: --from <module>.',
    );
}

function say(warning: string): void {
  process.stderr.write(`Warning: ${warning}\n`);
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

function describe(error: unknown): string {
  if (error instanceof CommandError) return error.message;
  const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return `The application could not be read.\n${reason}`;
}

async function main(): Promise<number> {
  try {
    const asked = readArguments(process.argv.slice(2));
    process.stdout.write(`${asked === undefined ? USAGE.trimEnd() : await run(asked)}\n`);
    return 0;
  } catch (error) {
    process.stderr.write(`${describe(error)}\n`);
    return 1;
  }
}

// Not awaited here: the modules that were loaded are asked for their exports, and this one is among them.
void main().then((code) => {
  // What the application has loaded, such as a timer, may keep the process alive.
  process.stdout.write('', () => process.stderr.write('', () => process.exit(code)));
});
