import { randomUUID } from 'node:crypto';

/** Those whose connections are listened in on. */
export const ACTORS = ['ada', 'nora', 'sam', 'eve', 'rude', 'root', 'refused', 'faulty'] as const;
export type Actor = (typeof ACTORS)[number];

/** Where a string may be found, and has to be. Whatever is not said is forbidden. */
interface Allowed {
  reaches?: readonly Actor[];
  inLogs?: boolean;
  onBus?: boolean;
}

/* Root reads everything there is: what private fields hold is really there, and would be found. */
const PRIVATE: Allowed = { reaches: ['root'] };
const NOBODY: Allowed = {};

const ALLOWED = {
  // Fields of records
  excluded: PRIVATE,
  grouped: PRIVATE,
  column: PRIVATE,
  nested: PRIVATE,
  added: PRIVATE,
  written: PRIVATE,
  formerTitle: PRIVATE,
  viewed: { reaches: ['ada', 'root'] },
  // Of an audience that sees more, and hears it
  forAdmins: { reaches: ['root'], onBus: true },
  formerForAdmins: { reaches: ['root'], onBus: true },
  forNobody: PRIVATE,
  // What tells two tenants apart. On the bus it is part of the names of rooms.
  north: { reaches: ['root'], onBus: true },
  south: { reaches: ['root'], onBus: true },
  titleInNorth: { reaches: ['ada', 'nora', 'root'], onBus: true },
  titleInSouth: { reaches: ['ada', 'sam', 'root'], onBus: true },
  titleAfterMove: { reaches: ['ada', 'sam', 'root'], onBus: true },
  titleAfterRevocation: { reaches: ['ada', 'root'], onBus: true },
  // Who somebody is
  adasToken: NOBODY,
  adasNewToken: NOBODY,
  norasToken: NOBODY,
  samsCookie: NOBODY,
  evesToken: NOBODY,
  rootsToken: NOBODY,
  refusedToken: NOBODY,
  identity: NOBODY,
  cookieOfAnswer: NOBODY,
  handshakeHeader: NOBODY,
  handshakeQuery: NOBODY,
  requestHeader: NOBODY,
  requestBody: NOBODY,
  // The server that has a socket is told of a read that it shall do again: where, and not with which headers.
  requestQuery: { onBus: true },
  nameOfAda: { reaches: ['nora'], onBus: true },
  // What others are told on purpose
  signal: { reaches: ['nora'], onBus: true },
  mutation: { reaches: ['nora'], onBus: true },
  // What was sent and is nonsense
  nonsense: NOBODY,
  // Errors of the application: what our own log lines say of them, and what Nest says itself
  errorMessage: { inLogs: true },
  errorCause: NOBODY,
  errorParameters: NOBODY,
  errorHeaders: NOBODY,
  errorOfHandler: { inLogs: true },
} satisfies Record<string, Allowed>;

export type CanaryName = keyof typeof ALLOWED;

const NAMES = Object.keys(ALLOWED) as CanaryName[];

/** A string that stands nowhere else, for each thing that not everybody may know. */
export const CANARIES = Object.fromEntries(NAMES.map((name) => [name, `canary-${name}-${randomUUID()}`])) as Record<
  CanaryName,
  string
>;

/** Those that a text holds, as they are or as URLs and base64 would write them. */
export function canariesIn(text: string): CanaryName[] {
  return NAMES.filter((name) => {
    const written = CANARIES[name];
    // Of base64, what stands in the middle is the same wherever it begins, up to three ways.
    const encoded = [0, 1, 2].map((shift) =>
      Buffer.from(' '.repeat(shift) + written)
        .toString('base64')
        .slice(4, -4),
    );
    return [written, ...encoded].some((form) => text.includes(form));
  });
}

export const allowedFor = (actor: Actor): CanaryName[] =>
  NAMES.filter((name) => ((ALLOWED[name] as Allowed).reaches ?? []).includes(actor));
export const allowedInLogs = (): CanaryName[] => NAMES.filter((name) => (ALLOWED[name] as Allowed).inLogs);
export const allowedOnBus = (): CanaryName[] => NAMES.filter((name) => (ALLOWED[name] as Allowed).onBus);
