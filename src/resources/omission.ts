import type { OptionRule } from '../common/option-rules.js';

/** Who does not hear of its own change: the socket that asked for it, or all sockets of its user. */
export type Omission = 'socket' | 'user';

export const OMISSION: OptionRule = ["'socket' or 'user'", (value) => value === 'socket' || value === 'user'];
