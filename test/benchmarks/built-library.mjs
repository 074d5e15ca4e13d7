// Loads a built library with the peers that belong to it, and decorates classes without TypeScript.
import { realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** The directory that `npm run build` fills. */
export const OWN_BUILD = fileURLToPath(new URL('../../dist', import.meta.url));

/** Returns the real path of a built library, as it stands in the URLs of its modules. */
export function findLibrary(directory) {
  try {
    realpathSync(join(directory, 'index.js'));
    return realpathSync(directory);
  } catch {
    throw new Error(`There is no index.js in ${directory}. Name a directory that "npm run build" has filled.`);
  }
}

export const importLibrary = (directory) => import(pathToFileURL(join(directory, 'index.js')).href);

/** Imports a package from where the library would: an application must not have two copies of Nest. */
export function importPeer(directory, name) {
  return import(pathToFileURL(createRequire(join(directory, 'index.js')).resolve(name)).href);
}

/** Creates the HTTP adapter of a platform: `express` or `fastify`. */
export async function createAdapter(directory, platform) {
  const adapters = await importPeer(directory, `@nestjs/platform-${platform}`);
  return platform === 'fastify' ? new adapters.FastifyAdapter() : new adapters.ExpressAdapter();
}

/** Does what `@a() @b() method(@c() first, @d() second)` does in TypeScript. */
export function decorateMethod({ prototype }, method, decorators, parameters = []) {
  for (const [index, decorator] of parameters.entries()) decorator(prototype, method, index);
  const descriptor = Object.getOwnPropertyDescriptor(prototype, method);
  for (const decorator of decorators.toReversed()) decorator(prototype, method, descriptor);
}

/** Does what `@a() @b() class` does in TypeScript. */
export function decorateClass(target, ...decorators) {
  for (const decorator of decorators.toReversed()) decorator(target);
  return target;
}
