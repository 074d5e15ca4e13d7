import { readBoard, readComments } from './reading.js';
import { state } from './state.js';

// Reads new records. A message only says that there is something new, and where. The page reads it through the route
// that guards it, and is subscribed to it by reading.

export async function readNewRecord(resource, message) {
  try {
    await read(resource, message);
  } catch (error) {
    // It has already been deleted.
    if (error.statusCode !== 404) throw error;
  }
}

async function read(resource, { verb, id, attribute, addedId }) {
  const { open } = state;
  if (resource === 'board' && verb === 'created') await readBoard(id);
  if (verb !== 'addedTo') return;
  // A member's own private boards, and those they were added to, are published to that member.
  if (attribute === 'boards') await readBoard(addedId);
  if (attribute === 'comments' && id === open.cardId) await readComments(id);
}
