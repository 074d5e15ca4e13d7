import type { Card } from './card.entity.js';
import { columnTitle } from './column.js';

/** What somebody did to a card, told by how it was and how it is. A new place in the same column is not worth telling. */
export function deedsOf(before: Card, after: Card): string[] {
  const title = `“${after.title}”`;
  const deeds: string[] = [];
  if (before.title !== after.title) deeds.push(`renamed “${before.title}” to ${title}`);
  if (before.column !== after.column) deeds.push(`moved ${title} to ${columnTitle[after.column]}`);
  if (before.boardId !== after.boardId) deeds.push(`took ${title} to another board`);
  if (before.assigneeId !== after.assigneeId) {
    deeds.push(after.assignee ? `gave ${title} to ${after.assignee.name}` : `took ${title} off everybody’s plate`);
  }
  return deeds;
}
