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

/** Runs a command and returns its CPU time, and the longest turn of the event loop meanwhile, in µs and ms. */
async function measured(command, argument) {
  let longest = 0;
  let last = now();
  let isRunning = true;
  const tick = () => {
    const time = now();
    longest = Math.max(longest, time - last);
    last = time;
    if (isRunning) setImmediate(tick);
  };
  await turn();
  const before = cpu();
  const start = (last = now());
  setImmediate(tick);
  await server[command](argument);
  const ms = now() - start;
  const used = cpu() - before;
  await turn();
  await turn();
  isRunning = false;
  return { cpu: used, ms, longest };
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
