import type { Resource } from '../../resources/definition/resource.js';
import type { Slice } from '../../resources/slices/slice.js';
import type { SliceOption } from '../decorators/subscribe.options.js';
import type { ReadValue } from '../publish-context.js';
import { RouteSlice, type SliceSource } from '../request/route-slice.js';
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

  /** Returns the slice, or what is wrong. */
  validate(): RouteSlice | { problem: string } {
    const { slices, name } = this.resource;
    const idle = Object.keys(this.option).find((field) => !slices.fields.includes(field));
    if (idle !== undefined)
      return {
        problem: `the option "slice" names "${idle}", by which "${name}" has no slice (there are ${slices.names}).`,
      };
    const possible = slices.all
      .filter(({ fields }) => Object.keys(this.option).every((field) => fields.includes(field)))
      .map((slice) => ({ slice, values: this.sourcesOf(slice) }))
      .filter((source): source is SliceSource => source.values !== undefined);
    const certain = possible.filter(({ slice }) => this.isCertain(slice));
    const most = Math.max(...certain.map(({ slice }) => slice.fields.length));
    const closest = certain.filter(({ slice }) => slice.fields.length === most);
    if (closest.length > 1) {
      const names = closest.map(({ slice }) => slice.name).join(' or ');
      return {
        problem: `it is not clear which slice is meant, ${names}. Say which: { slice: { field: 'parameter' } }.`,
      };
    }
    if (possible.length > 0) return new RouteSlice(closest.length > 0 ? closest : possible);
    return { problem: this.whyNot() };
  }

  private sourcesOf({ fields }: Slice): SliceSource['values'] | undefined {
    const sources = fields.map((field) => [field, this.sourceOf(field)] as const);
    return sources.every((source): source is [string, ReadValue] => source[1] !== undefined) ? sources : undefined;
  }

  private sourceOf(field: string): ReadValue | undefined {
    const isNamed = Object.hasOwn(this.option, field);
    const said = isNamed ? this.option[field] : field;
    return typeof said === 'function' ? said : this.values.find(said, isNamed);
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
