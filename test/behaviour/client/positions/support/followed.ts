import type { Gap, Repetition, RepeatListener, SocketsClient } from '../../../../../src/front-ends/client/index.js';
import { client } from '../../support/client.js';
import { ScriptedServer } from './scripted-server.js';

/** A client that has read cards, and what it has heard of them, in order. */
export interface Follower {
  server: ScriptedServer;
  sockets: SocketsClient;
  /** The positions of messages; and bodies of repetitions, each in a list. */
  heard: unknown[];
  gaps: Gap[];
  repetitions: Repetition<string>[];
}

/** Reads `/cards`, with `repeat` if wanted, and follows these topics from position 10 on. */
export async function follow(topics = 'A, B', { isRepeated = false } = {}): Promise<Follower> {
  const server = await ScriptedServer.start();
  const sockets = client(server.url);
  const follower: Follower = { server, sockets, heard: [], gaps: [], repetitions: [] };
  const { heard, gaps, repetitions } = follower;
  sockets.on('card', (message) => void heard.push(message.verb === 'messaged' ? message.data : message));
  sockets.onGap((gap) => void gaps.push(gap));
  const repeat: RepeatListener<string> = (repetition) => {
    repetitions.push(repetition);
    heard.push([repetition.response?.body ?? repetition.error?.code]);
  };
  const reading = sockets.get<string>('/cards', undefined, isRepeated ? { repeat } : {});
  (await server.nextRead()).answer({ 'realtime-position': 'e1; card=10', 'realtime-topics': topics }, 'first');
  await reading;
  return follower;
}
