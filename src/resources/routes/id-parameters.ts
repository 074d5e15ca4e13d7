import type { Route } from './route.js';

/**
 * The path parameters that may hold a record's id, one for each path that leads to the route; `undefined` where a path has none.
 * By convention: the id's field, `<resource>Id`, or the first of the method's own path if that leaves no doubt.
 *
 * @param many whether the path names another record too, as `:id/pets/:petId` does
 */
export function idParametersOf(
  route: Route,
  { resource, idField, named, many }: { resource: string; idField: string; named?: string; many: boolean },
): Array<string | undefined> {
  return route.pathParameters.map(({ own, all }) => {
    if (named !== undefined) return all.includes(named) ? named : undefined;
    const conventional = [idField, `${resource}Id`, `${resource}_id`].find((name) => all.includes(name));
    return conventional ?? (many || own.length === 1 ? own[0] : undefined);
  });
}

/** The path parameters that name the record of the collection: the last that is not the parent's. */
export function childParametersOf(
  route: Route,
  parents: ReadonlyArray<string | undefined>,
  named?: string,
): Array<string | undefined> {
  return route.pathParameters.map(({ own, all }, index) => {
    if (named !== undefined) return all.includes(named) ? named : undefined;
    return own.filter((name) => name !== parents[index]).at(-1);
  });
}
