import { readBoard, readComments } from './reading.js';
import { state } from './state.js';

// A message says that there is something new, and where. The page reads it by the route that guards it, and by that is subscribed to it.

export async function readNewcomer(resource, message) {
  try {
    await read(resource, message);
  } catch (error) {
    // Gone again already.
    if (error.statusCode !== 404) throw error;
  }
}

async function read(resource, { verb, id, attribute, addedId }) {
  const { open } = state;
  if (resource === 'board' && verb === 'created') await readBoard(id);
  if (verb !== 'addedTo') return;
  // Somebody's own private boards, and those that they are let in to, are news of themselves.
  if (attribute === 'boards') await readBoard(addedId);
  if (attribute === 'comments' && id === open.cardId) await readComments(id);
}
