import type { AbstractHttpAdapter } from '@nestjs/core';
import type { Server } from 'socket.io';
import { isStream } from '../../common/streams.js';
import { markSerialized } from './virtual-response.js';

/** Socket.IO's number of an acknowledgement. */
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

/** What is JSON already: to read it, only for it to be written down once more, would cost more than all else that is done to a long answer. */
export class JsonText {
  constructor(readonly text: string) {}
}

/** From now on an acknowledgement whose only argument is a `JsonText` is sent as it is. Only of Socket.IO's own parser is it known how it writes one. */
export function sendJsonTexts(io: Server): void {
  const encoder = (io as unknown as { encoder: Encoder }).encoder;
  const encode = encoder.encode.bind(encoder);
  encoder.encode = (packet) => {
    const text = packet.type === ACKNOWLEDGEMENT ? textIn(packet.data) : undefined;
    return text === undefined ? encode(packet) : [`${ACKNOWLEDGEMENT}${namespaceOf(packet)}${packet.id}[${text}]`];
  };
}

function textIn(data: unknown): string | undefined {
  const [first] = data as readonly unknown[];
  return first instanceof JsonText ? first.text : undefined;
}

/** The default one is not named on the wire. */
function namespaceOf({ nsp }: Packet): string {
  return nsp === '/' ? '' : `${nsp},`;
}

/**
 * Notes which answers the platform itself writes down as JSON: Nest hands its adapter what handlers return and filters say. What a handler writes by hand may be
 * anything, whatever it calls itself.
 */
export function noteSerializedAnswers(adapter: AbstractHttpAdapter): void {
  const reply = adapter.reply.bind(adapter) as (...args: unknown[]) => unknown;
  adapter.reply = (response: object, body: unknown, ...rest: unknown[]) => {
    if (typeof body === 'object' && body !== null && !isStream(body))
      markSerialized((response as { raw?: object }).raw ?? response);
    return reply(response, body, ...rest);
  };
}
