import { BYTES, wholeNumber, type OptionRule } from '../../common/option-rules.js';
import { isStandardSchema, type StandardSchema } from '../../common/serializers/standard-schema.js';

/** Options of `@Relay`. */
export interface RelayOptions {
  /** The room, whose placeholders are fields of the data: `board:{boardId}`. The sender must be in it. */
  to: string;
  /**
   * What the data must be: a schema of any library that follows Standard Schema. Its output is relayed, and must keep
   * the fields that `to` names. With a schema that is asynchronous, signals may overtake each other.
   */
  schema?: StandardSchema;
  /** How many signals one connection may send per second, and one user by all connections to a server. @default 10 */
  rate?: number;
  /** How many of them may be sent at once after it has been quiet. @default twice the rate */
  burst?: number;
  /** How large the data may be, in bytes of JSON. @default 1024 */
  maxSize?: number;
}

/** The same, with every default filled in. */
export type ResolvedRelayOptions = RelayOptions & Required<Omit<RelayOptions, 'schema'>>;

const DEFAULT_RATE = 10;
const DEFAULT_SIZE = 1_024;
const MAX_SIGNALS = 1_000_000;

const RULES: Record<keyof RelayOptions, OptionRule> = {
  to: ["a room's name, with fields of the data in braces: 'board:{boardId}'", (value) => typeof value === 'string'],
  schema: ['a schema that follows Standard Schema, such as one of zod', isStandardSchema],
  rate: [
    `a number of signals a second, above 0 and up to ${MAX_SIGNALS}`,
    (value) => typeof value === 'number' && value > 0 && value <= MAX_SIGNALS,
  ],
  burst: wholeNumber('signals', MAX_SIGNALS),
  maxSize: BYTES,
};

/** Says what is wrong with the options of a relay, if anything is. */
export function findRelayProblem(options: unknown): string | undefined {
  if (typeof options !== 'object' || options === null) return `give it options: { to: 'board:{boardId}' }.`;
  const given = options as Record<string, unknown>;
  const unknown = Object.keys(given).find((option) => !Object.hasOwn(RULES, option));
  if (unknown !== undefined) return `there is no option "${unknown}". There are ${Object.keys(RULES).join(', ')}.`;
  for (const [option, [expected, holds]] of Object.entries(RULES)) {
    const isLeftOut = given[option] === undefined && option !== 'to';
    if (!isLeftOut && !holds(given[option])) return `the option "${option}" must be ${expected}.`;
  }
  return undefined;
}

export function resolveRelayOptions(options: RelayOptions): ResolvedRelayOptions {
  const { to, schema, rate = DEFAULT_RATE, burst = Math.ceil(2 * rate), maxSize = DEFAULT_SIZE } = options;
  return { to, schema, rate, burst, maxSize };
}
