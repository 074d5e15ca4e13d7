import { BYTES, MILLISECONDS, type OptionRule, wholeNumber } from '../../../common/option-rules.js';

/** How much a journal keeps, and how long it is waited for. */
export interface JournalLimits {
  /**
   * How long a publication is kept, in milliseconds.
   *
   * @default 300000
   */
  maxAge: number;
  /**
   * How many publications of one record, one slice or one collection are kept.
   *
   * @default 1000
   */
  maxEntries: number;
  /**
   * How many bytes of them are kept, about.
   *
   * @default 1048576
   */
  maxBytes: number;
  /**
   * How many bytes are kept altogether, about, in the memory of this process.
   *
   * @default 16777216
   */
  maxTotalBytes: number;
  /**
   * How long a publication waits, in milliseconds, until the journal that servers share has counted it; after that it
   * goes without its position, and the next ones wait for 20 ms. A read waits two thirds of that to be told how far it
   * reaches; whoever reads without that is told to read again once the journal answers. Give more where the journal
   * takes longer, such as a database in another region: this server's own clients wait for as long in an outage.
   *
   * @default 150, which is the least; 30000 is the most
   */
  timeout: number;
}

export const JOURNAL_LIMITS: JournalLimits = {
  maxAge: 300_000,
  maxEntries: 1_000,
  maxBytes: 1_048_576,
  maxTotalBytes: 16_777_216,
  timeout: 150,
};

export const JOURNAL_RULES: Record<keyof JournalLimits, OptionRule> = {
  maxAge: MILLISECONDS,
  maxEntries: wholeNumber('publications', 1_000_000),
  maxBytes: BYTES,
  maxTotalBytes: BYTES,
  timeout: [
    'a whole number of milliseconds, from 150 to 30000',
    (value) => Number.isInteger(value) && (value as number) >= 150 && (value as number) <= 30_000,
  ],
};
