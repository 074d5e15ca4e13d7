// A server in a process of its own, which measuring/server-process.mjs starts. The argument is JSON: { subject, options }.
import { dataOf, now, recordOf } from '../clients/updates.mjs';

const { subject, options } = JSON.parse(process.argv[2]);
const server = await (await import(`./${subject}.mjs`)).start(options);

const turn = () => new Promise((resolve) => setImmediate(resolve));

const cpu = () => {
  const { user, system } = process.cpuUsage();
  return user + system;
};

/** Publishes updates, so many in each turn of the event loop, or so many per second. */
async function publish({ from, count, perTurn, perSecond, records, size }) {
  const start = now();
  for (let done = 0; done < count; done++) {
    const sequence = from + done;
    const data = dataOf(sequence, size);
    if (perSecond !== undefined) {
      const due = start + (done * 1_000) / perSecond;
      if (due > now()) await new Promise((resolve) => setTimeout(resolve, due - now()));
      data.at = now();
    }
    server.publish(recordOf(sequence, records), data);
    if (perSecond === undefined && (done + 1) % perTurn === 0) await turn();
  }
}

/** Collects garbage until nothing more goes, and returns what is left, in bytes. */
async function memory() {
  if (!globalThis.gc) throw new Error('Start it with --expose-gc.');
  for (let time = 0; time < 5; time++) {
    globalThis.gc();
    await new Promise((resolve) => setTimeout(resolve, 60));
  }
  const { heapUsed, rss } = process.memoryUsage();
  return { heap: heapUsed, rss };
}

/**
 * Runs a command and returns its CPU time, in µs, and the longest turn of the event loop until everything is done, in
 * ms. A turn counts for no more than the CPU time that it took: others may have had the processor meanwhile.
 */
async function measured(command, argument) {
  let longest = 0;
  let last;
  let isRunning = true;
  const tick = () => {
    const next = { time: now(), cpu: cpu() };
    longest = Math.max(longest, Math.min(next.time - last.time, (next.cpu - last.cpu) / 1_000));
    last = next;
    if (isRunning) setImmediate(tick);
  };
  await turn();
  const before = cpu();
  last = { time: now(), cpu: before };
  setImmediate(tick);
  await server[command](argument);
  // What follows from it may take some turns more.
  for (let n = 0; n < 10; n++) await turn();
  isRunning = false;
  return { cpu: cpu() - before, longest };
}

const COMMANDS = { cpu, publish, memory, measured: ({ command, argument }) => measured(command, argument) };

process.on('message', async ({ call, command, argument }) => {
  try {
    process.send({ call, result: await (COMMANDS[command] ?? server[command])(argument) });
  } catch (error) {
    process.send({ call, error: error.stack ?? String(error) });
  }
});
process.on('disconnect', () => process.exit());
process.send({ port: server.port });
