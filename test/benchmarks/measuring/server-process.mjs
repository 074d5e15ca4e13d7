import { fork } from 'node:child_process';
import { once } from 'node:events';
import { countInstructions } from './instructions.mjs';

/** A server in a process of its own, which takes commands: one of the files of `servers/`. */
export class ServerProcess {
  static async start(subject, options = {}, execArgv = []) {
    const child = fork(new URL('../servers/server.mjs', import.meta.url), [JSON.stringify({ subject, options })], {
      execArgv,
    });
    const ended = once(child, 'exit').then(([code]) => {
      throw new Error(`The server ${subject} ended with ${code}.`);
    });
    ended.catch(() => undefined);
    const [{ port }] = await Promise.race([once(child, 'message'), ended]);
    return new ServerProcess(subject, child, port, ended);
  }

  #calls = new Map();
  #lastCall = 0;
  #ended;

  constructor(subject, child, port, ended) {
    this.subject = subject;
    this.child = child;
    this.port = port;
    this.#ended = ended;
    child.on('message', ({ call, result, error }) => {
      const { resolve, reject } = this.#calls.get(call);
      this.#calls.delete(call);
      if (error === undefined) resolve(result);
      else reject(new Error(`${subject}: ${error}`));
    });
  }

  /** Runs a command of the server and returns its result. */
  call(command, argument) {
    const call = ++this.#lastCall;
    const answered = new Promise((resolve, reject) => this.#calls.set(call, { resolve, reject }));
    this.child.send({ call, command, argument });
    return Promise.race([answered, this.#ended]);
  }

  /** Returns the microseconds of CPU time that the process has used, all of its threads together. */
  cpu() {
    return this.call('cpu');
  }

  /**
   * Has work done, and returns how long it took, and for each of so many parts of it the CPU time that the process used
   * meanwhile, in µs, and its instructions, if they can be counted.
   */
  async spent(parts, work) {
    const end = await countInstructions(this.child.pid);
    const cpu = await this.cpu();
    const start = performance.now();
    await work();
    const ms = performance.now() - start;
    const used = (await this.cpu()) - cpu;
    const instructions = await end();
    return { ms, cpu: used / parts, ...(instructions && { instructions: instructions / parts }) };
  }

  /** Ends the process and returns the microseconds of CPU time that it has used. */
  async stop() {
    const cpu = await this.cpu();
    this.child.kill('SIGKILL');
    await this.#ended.catch(() => undefined);
    return cpu;
  }
}
