/** The parameters in one path that leads to a route: those of the method's own path, and all of them. */
export interface PathParameters {
  own: string[];
  all: string[];
  /** The fixed segment right before each of them, as `comments` in `:slug/comments/:id`; absent if there is none. */
  segments: ReadonlyMap<string, string>;
  /** All fixed segments. */
  fixed: string[];
  /** The path, for errors. */
  path: string;
}

/**
 * Reads one path that leads to a route.
 *
 * @param path that of the method
 * @param before what comes before it: the paths of the module and of the controller
 */
export function readPath(path: string, before: readonly string[]): PathParameters {
  const parts = [...before, path];
  const read = parts
    .flatMap((part) => part.split('/'))
    // Express and Fastify write optional parts differently: `{/:id}`, `/:id?`.
    .map((segment) => segment.replaceAll(/[{}]/g, ''))
    .filter((segment) => segment !== '');
  const segments = new Map<string, string>();
  for (const [index, segment] of read.entries()) {
    const previous = index > 0 ? read[index - 1] : undefined;
    if (previous === undefined || previous.includes(':')) continue;
    for (const name of parametersIn(segment)) segments.set(name, previous);
  }
  const fixed = read.filter((segment) => !segment.includes(':'));
  return { own: parametersIn(path), all: parts.flatMap(parametersIn), segments, fixed, path: `/${read.join('/')}` };
}

function parametersIn(path: string): string[] {
  return [...path.matchAll(/:(\w+)/g)].map(([, name]) => name);
}
