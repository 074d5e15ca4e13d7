/** A time in milliseconds, or as `'30s'`, `'5m'` or `'1h'`. */
export type Duration = number | `${number}${'s' | 'm' | 'h'}`;

const MILLISECONDS_IN: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000 };

/** The longest time that a timer of Node takes. */
const LONGEST = 2 ** 31 - 1;

/** In milliseconds; `undefined` for what is none. */
export function readDuration(duration: unknown): number | undefined {
  const [, count, unit] = typeof duration === 'string' ? (/^(\d+)([smh])$/.exec(duration) ?? []) : [];
  const milliseconds = unit === undefined ? duration : Number(count) * MILLISECONDS_IN[unit];
  const isOne = Number.isInteger(milliseconds) && (milliseconds as number) >= 1 && (milliseconds as number) <= LONGEST;
  return isOne ? (milliseconds as number) : undefined;
}
