import type { IncomingMessage } from 'node:http';
import { BYTES, functionThat, MILLISECONDS, type OptionRule, wholeNumber } from '../../common/option-rules.js';

/** Limits of handshakes, of what clients send, and of what waits for them: a part of the option `limits`. */
export interface ServerLimits {
  /** The connections that one address may have at a time; further ones are refused with 429. @default 2000 */
  connectionsPerAddress?: number;
  /**
   * The handshakes that one address may begin per second, once it has used up `handshakeBurst`; further ones are
   * refused with 429.
   *
   * @default 50
   */
  handshakesPerSecond?: number;
  /** The handshakes that one address may begin at once after it has been quiet. @default 2000 */
  handshakeBurst?: number;
  /**
   * Returns the address that handshakes are counted by; `undefined` counts them under none.
   *
   * @default the address that the application's rule for proxies gives (Express' `trust proxy`, Fastify's `trustProxy`)
   */
  addressOf?: (request: IncomingMessage) => string | undefined;
  /**
   * The namespaces that one connection may be in, or wait for. Further ones are refused with 429; a client that goes on
   * is cut off.
   *
   * @default 16
   */
  namespacesPerConnection?: number;
  /**
   * The packets that one connection may send per second, once it has used up `packetBurst`. Events beyond that are
   * answered with 429; a client that goes on is cut off.
   *
   * @default 200
   */
  packetsPerSecond?: number;
  /** The packets that a connection may send at once after it has been quiet. @default 1000 */
  packetBurst?: number;
  /** The same for bytes, per second. @default 4194304 */
  bytesPerSecond?: number;
  /** The same for bytes, at once. @default 67108864 */
  byteBurst?: number;
  /** The keys of objects and members of lists that one packet may hold; more are refused with 413. @default 10000 */
  maxKeys?: number;
  /**
   * The bytes that may wait behind what a client has not taken yet. One for which more waits is disconnected; while it
   * takes as much each second, four times as much may wait, and up to sixteen times as much as long as it has taken
   * that within the last second, or has taken all that the server has compressed so far (`perMessageDeflate`). What
   * one handler sends at once counts as one message, and a message of any size is sent to a client that takes it.
   *
   * @default 1048576
   */
  maxQueued?: number;
  /**
   * How long a client may take nothing of what waits for it, or less than a 64th of `maxQueued`, in milliseconds,
   * before it is disconnected. Answers to pings do not count.
   *
   * @default 10000
   */
  stallTimeout?: number;
}

/** The same, with every default filled in. */
export type ResolvedServerLimits = Required<Omit<ServerLimits, 'addressOf'>> & Pick<ServerLimits, 'addressOf'>;

export const SERVER_LIMITS: ResolvedServerLimits = {
  connectionsPerAddress: 2_000,
  handshakesPerSecond: 50,
  handshakeBurst: 2_000,
  namespacesPerConnection: 16,
  packetsPerSecond: 200,
  packetBurst: 1_000,
  bytesPerSecond: 4_194_304,
  byteBurst: 67_108_864,
  maxKeys: 10_000,
  maxQueued: 1_048_576,
  stallTimeout: 10_000,
};

const MANY = 1_000_000_000;

export const SERVER_LIMIT_RULES: Record<keyof ServerLimits, OptionRule> = {
  connectionsPerAddress: wholeNumber('connections', MANY),
  handshakesPerSecond: wholeNumber('handshakes', MANY),
  handshakeBurst: wholeNumber('handshakes', MANY),
  addressOf: functionThat('takes the request of a handshake and gives an address: (request) => …'),
  namespacesPerConnection: wholeNumber('namespaces', MANY),
  packetsPerSecond: wholeNumber('packets', MANY),
  packetBurst: wholeNumber('packets', MANY),
  bytesPerSecond: BYTES,
  byteBurst: BYTES,
  maxKeys: wholeNumber('keys', MANY),
  maxQueued: BYTES,
  stallTimeout: MILLISECONDS,
};
