import { sockets } from './connection.js';
import { apply } from './records.js';
import { state } from './state.js';

let reads = 0;
/** What arrived while the page was reading, in order. */
let buffered = [];
let follow = () => {};

/**
 * Applies messages to this page's records.
 * @param followUp is called with each message after it was applied: there may be something to read
 */
export function onMessages(followUp) {
  follow = followUp;
  for (const resource of ['member', 'board', 'card', 'activity']) {
    sockets.on(resource, (message) => receive(resource, message));
  }
}

/** Buffers messages while the page reads, since what it reads may be older than they are. */
export async function bufferMessagesDuring(read) {
  reads++;
  try {
    return await read();
  } finally {
    reads--;
    const waiting = buffered;
    buffered = [];
    for (const action of waiting) afterReading(action);
  }
}

/** Runs an action at once, or when the page has finished reading. */
export function afterReading(action) {
  if (reads > 0) buffered.push(action);
  else action();
}

function receive(resource, message) {
  afterReading(() => {
    if (resource === 'card') state.justChanged.add(message.id);
    apply(resource, message);
    follow(resource, message);
  });
}
