import { readDuration } from '../../common/duration.js';
import { BOOLEAN, type OptionRule } from '../../common/option-rules.js';
import type { SubscriberMetadata } from './decorator-metadata.js';
import type { SubscribeOnReadOptions, UnsubscribeOptions } from './subscriber.options.js';

const NAME_OR_FUNCTION: OptionRule = [
  "a field's or path parameter's name, or a function",
  (value) => typeof value === 'function' || (typeof value === 'string' && value !== ''),
];

const COMMON_RULES = {
  resource: ["a resource's name", (value) => typeof value === 'string'],
  id: NAME_OR_FUNCTION,
  select: NAME_OR_FUNCTION,
  slice: ["false, or where the fields of a slice are, such as { boardId: 'id' }", isSlice],
} satisfies Record<string, OptionRule>;

const SUBSCRIBE_RULES: Record<keyof SubscribeOnReadOptions, OptionRule> = {
  ...COMMON_RULES,
  watch: ['true, false or an array of verbs', isBooleanOrArray],
  verbs: ['a verb or an array of verbs', (value) => typeof value === 'string' || Array.isArray(value)],
  relations: ['true, false or an array of attributes', isBooleanOrArray],
  recheck: [
    "true, or a time such as '30s', '5m' or '1h', or a whole number of milliseconds",
    (value) => value === true || readDuration(value) !== undefined,
  ],
};

const UNSUBSCRIBE_RULES: Record<keyof UnsubscribeOptions, OptionRule> = { ...COMMON_RULES, watch: BOOLEAN };

/** What is wrong with the options of a decorator, if anything is. */
export function findOptionProblem({ kind, options }: SubscriberMetadata): string | undefined {
  const rules: Readonly<Record<string, OptionRule>> = kind === 'subscribed' ? SUBSCRIBE_RULES : UNSUBSCRIBE_RULES;
  for (const [option, value] of Object.entries(options)) {
    if (!Object.hasOwn(rules, option))
      return `there is no option "${option}". There are ${Object.keys(rules).join(', ')}.`;
    const [expected, holds] = rules[option];
    if (value !== undefined && !holds(value)) return `the option "${option}" must be ${expected}.`;
  }
  return undefined;
}

function isSlice(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value === false;
  return Object.values(value).every((source) => typeof source === 'function' || typeof source === 'string');
}

function isBooleanOrArray(value: unknown): boolean {
  return typeof value === 'boolean' || Array.isArray(value);
}
