import type { Namespace, Server } from 'socket.io';
import { thenSync, withTimeout } from '../../../common/promises.js';
import { eachNamespace } from '../../namespaces.js';
import { busOf, hearingRooms } from '../bus.js';
import { listenToServers, reachesOtherServers } from '../server-events.js';
import { Slot, serverState } from '../../state.js';
import { ServersTimeoutError } from '../../server.errors.js';

/**
 * Ids of sockets, or names of rooms: all that a server tells another about its sockets. Their cookies and tokens stay
 * on the server that they are connected to.
 */
export type Answer = string[];

/** Holds the questions that a server answers, by name. */
const answered = new Slot(() => new Map<string, ServerQuestion<never>>());

const ASK_SERVER = 'nestjs-sockets:ask-server';

/**
 * Limits how long other servers may take, in milliseconds. Adapters give up after five seconds, but wait for ever where
 * the bus does not answer either.
 */
const ANSWER_TIMEOUT = 5_500;

/**
 * How long a server that comes is told by the others that they are there, in milliseconds, where its adapter has no
 * other way to know; and how long at most its bus may take until it hears them.
 */
const INTRODUCTION_TIME = 1_000;

/** Fulfilled when a namespace knows the others. Asked before, it would answer as if there were none. */
const introductions = new WeakMap<Namespace, Promise<void>>();

/**
 * Asks all servers of a cluster one question. The room that knows the answer declares the question, and answers it on
 * every server.
 */
export class ServerQuestion<Detail> {
  /**
   * @param name what the servers call it on the bus
   * @param answerHere answers for the sockets of this server; the detail is what the asking server has sent along
   */
  constructor(
    private readonly name: string,
    readonly answerHere: (namespace: Namespace, detail: Detail) => Answer,
  ) {}

  /** Answers the other servers from now on, in every namespace. */
  answerOtherServers(io: Server): void {
    const questions = serverState(io).get(answered);
    const isFirst = questions.size === 0;
    questions.set(this.name, this);
    if (isFirst) listen(io, questions);
  }

  /**
   * Asks the other servers, if there are any.
   *
   * @param method the caller's name, for the error
   * @param here this server's own answer, which the error contains
   * @throws ServersTimeoutError
   */
  async askOtherServers(method: string, namespace: Namespace, detail: Detail, here: Answer = []): Promise<Answer> {
    if (!reachesOtherServers(namespace.adapter)) return [];
    const introduction = introductions.get(namespace);
    // Its own timer would let the process of a worker end that asks while it starts.
    if (introduction) await withTimeout(ANSWER_TIMEOUT, method, introduction);
    try {
      return await withTimeout(ANSWER_TIMEOUT, method, answersOf(namespace, this.name, detail));
    } catch (error) {
      const known = error instanceof Incomplete ? error.answers : [];
      throw new ServersTimeoutError(method, [...new Set([...here, ...known])], { cause: error });
    }
  }
}

function listen(io: Server, questions: ReadonlyMap<string, ServerQuestion<never>>): void {
  const listenIn = (namespace: Namespace): void => {
    introductions.set(namespace, introduced(namespace));
    listenToServers(namespace, ASK_SERVER, (text, answer) => {
      const [name, detail] = JSON.parse(text as string) as [name: string, detail: never];
      const question = questions.get(name);
      if (!question) throw new Error(`Another server asked "${name}", which this release cannot answer.`);
      const tell = (): void => (answer as (known: Answer) => void)(question.answerHere(namespace, detail));
      // Who is told that a socket is in a room may send something there at once.
      return thenSync(hearingRooms(namespace.server), tell);
    });
  };
  eachNamespace(io, listenIn);
}

async function introduced({ adapter, server }: Namespace): Promise<void> {
  const bus = busOf(server);
  if (!learnsOfOthers(adapter) && !bus.listening) return;
  let timer: NodeJS.Timeout | undefined;
  const time = new Promise<void>((resolve) => (timer = setTimeout(resolve, INTRODUCTION_TIME).unref()));
  await Promise.race([time, ...(learnsOfOthers(adapter) ? [] : [bus.listening?.()])]);
  clearTimeout(timer);
}

/** Whether an adapter knows those servers that have told it that they are there, as those of Postgres and Node do. */
function learnsOfOthers(adapter: Namespace['adapter']): boolean {
  return (adapter as { nodesMap?: unknown }).nodesMap instanceof Map;
}

function answersOf(namespace: Namespace, question: string, detail: unknown): Promise<Answer> {
  return new Promise((resolve, reject) => {
    // As text, since some encodings of adapters make `null` of what is absent.
    namespace.serverSideEmit(
      ASK_SERVER,
      JSON.stringify([question, detail]),
      (failure: Error | null, answers: unknown) => {
        const given: unknown[] = Array.isArray(answers) ? answers : [];
        const readable = given.filter(isAnswer);
        if (failure === null && readable.length === given.length) resolve(readable.flat());
        else reject(new Incomplete(readable.flat(), failure));
      },
    );
  });
}

/** Says that only some of the servers have answered. */
class Incomplete extends Error {
  constructor(
    readonly answers: Answer,
    failure: Error | null,
  ) {
    super(failure?.message ?? 'one of the answers cannot be read');
  }
}

function isAnswer(answer: unknown): answer is Answer {
  return Array.isArray(answer) && answer.every((item) => typeof item === 'string');
}
