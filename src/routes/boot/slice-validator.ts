import type { Resource } from '../../resources/definition/resource.js';
import type { Slice } from '../../resources/slices/slice.js';
import type { SliceOption } from '../decorators/subscribe.options.js';
import { type FieldSource, RouteSlice, type SliceSource } from '../request/route-slice.js';
import { RouteValues } from './route-values.js';
import type { Route } from './route.js';

/** Finds the slices of a collection that a route can be about, and says what is wrong if there are none. */
export class SliceValidator {
  private readonly values: RouteValues;

  constructor(
    private readonly resource: Resource,
    private readonly option: SliceOption,
    route: Route,
  ) {
    this.values = new RouteValues(route);
  }

  /**
   * Returns the slice, or what is wrong.
   *
   * @param orAll whether a request that names no slice is about the whole collection
   */
  validate(orAll = false): RouteSlice | { problem: string } {
    const { slices, name } = this.resource;
    const named = Object.keys(this.option);
    const idle = named.find((field) => !slices.fields.includes(field));
    if (idle !== undefined)
      return {
        problem: `the option "slice" names "${idle}", by which "${name}" has no slice (there are ${slices.names}).`,
      };
    const possible = this.meant(named, orAll)
      .map((slice) => ({ slice, fields: this.sourcesOf(slice, orAll) }))
      .filter((source): source is SliceSource => source.fields !== undefined);
    return orAll ? this.validateOrAll(possible) : this.validateOne(possible);
  }

  private validateOne(possible: readonly SliceSource[]): RouteSlice | { problem: string } {
    const certain = possible.filter(({ slice }) => this.isCertain(slice));
    const most = Math.max(...certain.map(({ slice }) => slice.fields.length));
    const closest = certain.filter(({ slice }) => slice.fields.length === most);
    if (closest.length > 1) {
      const names = closest.map(({ slice }) => slice.name).join(' or ');
      return {
        problem: `it is not clear which slice is meant, ${names}. Say which: { slice: { field: 'parameter' } }.`,
      };
    }
    if (possible.length === 0) return { problem: this.whyNot() };
    return new RouteSlice(this.resource.slices, closest.length > 0 ? closest : possible);
  }

  /** The option names what a request may name. If each request does, it never is about the whole collection. */
  private validateOrAll(possible: readonly SliceSource[]): RouteSlice | { problem: string } {
    const inPath = possible.find(({ fields }) =>
      fields.every(({ parameter }) => parameter !== undefined && this.values.isInPath(parameter)),
    );
    if (inPath)
      return {
        problem:
          `"watch: 'all'" is about all records if a request names none of the slices of "slice", and the path always ` +
          `names ${inPath.slice.name}. Keep one of them: { watch: true } for the slice.`,
      };
    const lost = Object.entries(this.option).find(([field]) => this.sourceOf(field, true) === undefined);
    if (possible.length > 0 && !lost) return new RouteSlice(this.resource.slices, possible, true);
    const [field, parameter] = lost ?? Object.entries(this.option)[0] ?? ['field', 'parameter'];
    return {
      problem:
        `"watch: 'all'" with "slice" is about the slice that a request names, and the route has no parameter ` +
        `${JSON.stringify(parameter)} that could name "${field}". Take it by @Query('${String(parameter)}'), or ` +
        `leave "slice" out.`,
    };
  }

  /** Returns the slices that have all fields of the option; or those that have some, where a request may name any. */
  private meant(named: readonly string[], anyOf: boolean): Slice[] {
    const { all } = this.resource.slices;
    const together = all.filter(({ fields }) => named.every((field) => fields.includes(field)));
    return together.length > 0 && !anyOf
      ? together
      : all.filter(({ fields }) => named.some((field) => fields.includes(field)));
  }

  private sourcesOf({ fields }: Slice, orAll: boolean): readonly FieldSource[] | undefined {
    const sources = fields.map((field) => this.sourceOf(field, orAll));
    return sources.every((source) => source !== undefined) ? sources : undefined;
  }

  /** @param takesLists whether several values in a query may count even where the handler does not expect them */
  private sourceOf(field: string, takesLists: boolean): FieldSource | undefined {
    const isNamed = Object.hasOwn(this.option, field);
    const said = isNamed ? this.option[field] : field;
    if (typeof said === 'function') return { field, read: said, mayBeList: true, isSaid: true };
    const read = this.values.find(said, isNamed);
    const mayBeList = takesLists || this.values.expectsList(said);
    return read && { field, read, mayBeList, isSaid: false, parameter: said };
  }

  /**
   * Tells whether every request has the values of this slice. A path has all its parameters; a query may be left out.
   */
  private isCertain({ fields }: Slice): boolean {
    return fields.every((field) => {
      const said = Object.hasOwn(this.option, field) ? this.option[field] : field;
      return typeof said === 'function' || this.values.isInPath(said);
    });
  }

  private whyNot(): string {
    const { names, hasQueryObject } = this.values;
    const [field = ''] = this.resource.slices.fields;
    const ofQuery = hasQueryObject
      ? ` Of the object that it takes by @Query(), a field counts only if it is named: { slice: { ${field}: ` +
        `'${field}' } }.`
      : '';
    const there = names.length > 0 ? `has the parameters ${names.join(', ')}` : 'has no parameters';
    return (
      `"${this.resource.name}" has the slices ${this.resource.slices.names}, and the route ${there}, so it is not ` +
      `known which slice it is about. Put the field ` +
      `into the path, take it by @Query('field'), say where it is: { slice: { field: 'parameter' } } or { slice: ` +
      `{ field: (context) => … } }, or let it be about ` +
      `all records: { watch: 'all' }.${ofQuery}`
    );
  }
}
