import type { ReadValue } from '../publish-context.js';
import type { Route } from './route.js';

/**
 * Reads the path and query parameters of a route, by name, as its handler takes them: after its pipes, which may
 * refuse, convert or replace what a client sent. A parameter that no argument takes is read from the path.
 */
export class RouteValues {
  constructor(private readonly route: Route) {}

  /**
   * Returns a reader of a parameter, if every path to the route has one of that name.
   *
   * @param isNamed whether the decorator itself names it. Only the handler knows what it takes from a whole query
   *   object, so a client could add whatever it likes
   */
  find(name: string, isNamed: boolean): ReadValue | undefined {
    return this.inPath(name) ?? this.inQuery(name) ?? (isNamed ? this.inQueryObject(name) : undefined);
  }

  /** Returns a reader of the argument that takes this path parameter, by itself or among all of them, if one does. */
  findArgument(name: string): ReadValue | undefined {
    const taken = this.route.pathArguments.find(({ data }) => data === name);
    if (taken) return ({ args }) => args[taken.index] as unknown;
    const asObject = this.route.pathArguments.find(({ data }) => data === undefined);
    return asObject && (({ args }) => fieldOf(args[asObject.index], name));
  }

  /**
   * Tells whether the handler expects a list in this parameter: by its type, or because a pipe makes one.
   * Where it expects one value, a client that repeats the parameter may have got several past whatever checks it.
   */
  expectsList(name: string): boolean {
    const { pathArguments, queryArguments } = this.route;
    const isInPath = this.isInPath(name);
    const taken = (isInPath ? pathArguments : queryArguments).find(({ data }) => data === name);
    if (taken || isInPath) return taken?.isList === true;
    const whole = this.queryObject;
    return whole !== undefined && this.route.declaresListField(whole, name);
  }

  /** Tells whether the handler takes the whole query as one object. */
  get hasQueryObject(): boolean {
    return this.queryObject !== undefined;
  }

  /** Tells whether the path of every request has this parameter. */
  isInPath(name: string): boolean {
    return this.inPath(name) !== undefined;
  }

  /** The names of all parameters, for errors. */
  get names(): string[] {
    const inPath = this.route.pathParameters.flatMap(({ all }) => all);
    const inQuery = this.route.queryArguments.flatMap(({ data }) => (typeof data === 'string' ? [data] : []));
    return [...new Set([...inPath, ...inQuery])];
  }

  private inPath(name: string): ReadValue | undefined {
    const paths = this.route.pathParameters;
    if (paths.length === 0 || !paths.every(({ all }) => all.includes(name))) return undefined;
    return this.findArgument(name) ?? (({ params }) => params[name]);
  }

  private inQuery(name: string): ReadValue | undefined {
    const taken = this.route.queryArguments.find(({ data }) => data === name);
    return taken && (({ args }) => args[taken.index] as unknown);
  }

  private inQueryObject(name: string): ReadValue | undefined {
    const taken = this.queryObject;
    return taken && (({ args }) => fieldOf(args[taken.index], name));
  }

  private get queryObject(): Route['queryArguments'][number] | undefined {
    return this.route.queryArguments.find(({ data }) => data === undefined);
  }
}

function fieldOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  return Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined;
}
