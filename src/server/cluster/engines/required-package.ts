import { createRequire } from 'node:module';
import { MissingPackageError } from '../../server.errors.js';

/**
 * Loads a package that an application installs for one integration only.
 *
 * @param integration how errors call what needs it, such as `postgres()`
 * @param minimum the first version that will do
 * @throws MissingPackageError
 */
export function requirePackage(integration: string, name: string, minimum: string): unknown {
  const require = createRequire(import.meta.url);
  const load = (path: string): unknown => {
    try {
      return require(path);
    } catch (cause) {
      const { code, message } = cause as NodeJS.ErrnoException;
      // It may be there, and lack what it needs itself, which its own error says.
      if (code !== 'MODULE_NOT_FOUND' || !message.includes(`'${path}'`)) throw cause;
      throw new MissingPackageError(integration, name, minimum, undefined, { cause });
    }
  };
  const loaded = load(name);
  const { version } = load(`${name}/package.json`) as { version: string };
  if (isOlder(version, minimum)) throw new MissingPackageError(integration, name, minimum, version);
  return loaded;
}

/** Compares two versions, by their three numbers. */
export function isOlder(version: string, than: string): boolean {
  const [ours, theirs] = [version, than].map((text) => text.split(/[.-]/).slice(0, 3).map(Number));
  const differing = ours.findIndex((part, index) => part !== theirs[index]);
  return differing >= 0 && ours[differing] < theirs[differing];
}
