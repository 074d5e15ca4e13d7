import type { FindOptionsWhere } from 'typeorm';
import type { Member } from '../members/member.entity.js';
import type { Board } from './board.entity.js';

/** The boards that exist for a member, as a condition for queries. What is on a board exists for whom the board does. */
export const visibleTo = ({ id }: Member): FindOptionsWhere<Board>[] => [
  { isPrivate: false },
  { ownerId: id },
  { members: { id } },
];
