import type { Card } from './card.entity.js';
import { columnTitle } from './column.js';

/** Describes what somebody did to a card, for the activity list. A new place in the same column is not mentioned. */
export function describeChanges(before: Card, after: Card): string[] {
  const title = `“${after.title}”`;
  const changes: string[] = [];
  if (before.title !== after.title) changes.push(`renamed “${before.title}” to ${title}`);
  if (before.column !== after.column) changes.push(`moved ${title} to ${columnTitle[after.column]}`);
  if (before.boardId !== after.boardId) changes.push(`moved ${title} to another board`);
  if (before.assigneeId !== after.assigneeId) {
    changes.push(after.assignee ? `assigned ${title} to ${after.assignee.name}` : `unassigned ${title}`);
  }
  return changes;
}
