import type { AbstractHttpAdapter } from '@nestjs/core';
import type { Server } from 'socket.io';
import { isStream } from '../../common/type-guards.js';
import { markSerialized } from './virtual-response.js';

/** The type of an acknowledgement in Socket.IO's packets. */
const ACKNOWLEDGEMENT = 3;

/** A packet, as Socket.IO hands it to its encoder. */
interface Packet {
  type: number;
  nsp: string;
  id?: number;
  data?: unknown;
}

interface Encoder {
  encode(packet: Packet): unknown[];
}

/**
 * A text that is JSON already. Parsing a long response only to write it again would cost more than everything else that
 * is done to it.
 */
export class RawJson {
  constructor(readonly text: string) {}
}

/**
 * Makes the encoder send an acknowledgement whose only argument is a `RawJson` as it stands. This works with
 * Socket.IO's own parser only, whose format is known.
 */
export function sendRawJson(io: Server): void {
  const encoder = (io as unknown as { encoder: Encoder }).encoder;
  const encode = encoder.encode.bind(encoder);
  encoder.encode = (packet) => {
    const text = packet.type === ACKNOWLEDGEMENT ? rawJsonIn(packet.data) : undefined;
    return text === undefined ? encode(packet) : [`${ACKNOWLEDGEMENT}${namespaceOf(packet)}${packet.id}[${text}]`];
  };
}

function rawJsonIn(data: unknown): string | undefined {
  const [first] = data as readonly unknown[];
  return first instanceof RawJson ? first.text : undefined;
}

/** The default namespace is not named in a packet. */
function namespaceOf({ nsp }: Packet): string {
  return nsp === '/' ? '' : `${nsp},`;
}

/**
 * Marks the responses that the platform itself serializes as JSON: Nest passes its adapter what handlers return and
 * filters say. What a handler writes itself may be anything, whatever type it claims to have.
 */
export function markSerializedReplies(adapter: AbstractHttpAdapter): void {
  const reply = adapter.reply.bind(adapter) as (...args: unknown[]) => unknown;
  adapter.reply = (response: object, body: unknown, ...rest: unknown[]) => {
    if (typeof body === 'object' && body !== null && !isStream(body))
      markSerialized((response as { raw?: object }).raw ?? response);
    return reply(response, body, ...rest);
  };
}
