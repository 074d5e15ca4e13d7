import type { FindOptionsWhere } from 'typeorm';
import type { Member } from '../members/member.entity.js';
import type { Board } from './board.entity.js';

/**
 * Returns the query condition for the boards that a member may see. Whoever may see a board may also see everything on
 * it.
 */
export const visibleTo = ({ id }: Member): FindOptionsWhere<Board>[] => [
  { isPrivate: false },
  { ownerId: id },
  { members: { id } },
];
