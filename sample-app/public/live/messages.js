import { sockets } from './connection.js';
import { apply } from './records.js';
import { state } from './state.js';

let reads = 0;
/** What came meanwhile, in its order. */
let held = [];
let follow = () => {};

/** @param followUp told of each message after it was applied: there may be something to read */
export function onMessages(followUp) {
  follow = followUp;
  for (const resource of ['member', 'board', 'card', 'activity']) {
    sockets.on(resource, (message) => receive(resource, message));
  }
}

/** While the page reads, messages wait: what it reads may be older than they are. */
export async function holdingMessages(read) {
  reads++;
  try {
    return await read();
  } finally {
    reads--;
    const waiting = held;
    held = [];
    for (const action of waiting) whenRead(action);
  }
}

/** At once, unless the page is reading. */
export function whenRead(action) {
  if (reads > 0) held.push(action);
  else action();
}

function receive(resource, message) {
  whenRead(() => {
    if (resource === 'card') state.news.add(message.id);
    apply(resource, message);
    follow(resource, message);
  });
}
