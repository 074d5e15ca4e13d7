import type { AnswerShape } from '../../../../protocol/answer-shape.js';
import { isSameRecord } from '../../../../protocol/canonical-id.js';
import type { RecordId } from '../../../../protocol/resource-message.js';
import { isRecord } from '../../assertions.js';

export type Row = Readonly<Record<string, unknown>>;

/** Where a body holds the records of a resource. */
export class Rows {
  private constructor(
    private readonly body: unknown,
    /** The fields that lead to them; none if they are the body itself. */
    private readonly path: readonly string[],
    readonly all: readonly Row[],
    readonly isList: boolean,
    private readonly idFields: readonly string[],
  ) {}

  /** @returns `undefined` if that cannot be known */
  static in(body: unknown, { id, select }: AnswerShape): Rows | undefined {
    if (!id) return undefined;
    const path = select?.map((one) => pathIn(body, one)).find((one) => one !== undefined) ?? [];
    const value = path.reduce((holder, field) => (holder as Row)[field], body);
    if (Array.isArray(value)) return value.every(isRecord) ? new Rows(body, path, value, true, id) : undefined;
    const rows = isRecord(value) ? new Rows(body, path, [value], false, id) : undefined;
    return rows?.idOf(value as Row) === undefined ? undefined : rows;
  }

  /** Whether the body says more than the rows, such as how many there are. */
  get hasCompany(): boolean {
    let holder: unknown = this.body;
    for (const field of this.path) {
      if (Object.keys(holder as Row).length > 1) return true;
      holder = (holder as Row)[field];
    }
    return false;
  }

  idOf(row: Row): RecordId | undefined {
    const id = this.idFields.map((field) => row[field]).find((value) => value !== undefined);
    return typeof id === 'string' || typeof id === 'number' ? id : undefined;
  }

  indexOf(id: RecordId): number {
    return this.all.findIndex((row) => {
      const own = this.idOf(row);
      return own !== undefined && isSameRecord(own, id);
    });
  }

  /** Returns the body with other rows. */
  with(rows: readonly Row[]): unknown {
    const replace = (holder: unknown, [field, ...rest]: readonly string[]): unknown =>
      field === undefined
        ? this.isList
          ? rows
          : rows[0]
        : { ...(holder as Row), [field]: replace((holder as Row)[field], rest) };
    return replace(this.body, this.path);
  }

  /** Whether the record's data say nothing but its id. */
  isIdAlone(data: Row): boolean {
    return Object.keys(data).every((field) => this.idFields.includes(field));
  }
}

/** Returns the fields that lead to a part of a body, as the server finds it, but not through lists. */
function pathIn(body: unknown, path: string): string[] | undefined {
  if (!isRecord(body)) return undefined;
  if (Object.hasOwn(body, path)) return [path];
  const dot = path.indexOf('.');
  if (dot < 0) return undefined;
  const first = path.slice(0, dot);
  const rest = pathIn(body[first], path.slice(dot + 1));
  return rest && [first, ...rest];
}
