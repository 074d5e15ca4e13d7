import {
  Column,
  Entity,
  JoinTable,
  ManyToMany,
  ManyToOne,
  OneToMany,
  PrimaryGeneratedColumn,
  type Relation,
  RelationId,
} from 'typeorm';
import type { Card } from '../cards/card.entity.js';
import { Member } from '../members/member.entity.js';

@Entity()
export class Board {
  @PrimaryGeneratedColumn()
  id: number;

  @Column()
  title: string;

  @Column()
  ownerId: number;

  @ManyToOne(() => Member)
  owner?: Relation<Member>;

  /**
   * Hides the board from everyone but its owner and its members. It never changes, since when a public board became
   * private, every page that shows it would have to forget it.
   */
  @Column()
  isPrivate: boolean;

  /** The members whom the owner of a private board let in. */
  @ManyToMany(() => Member)
  @JoinTable({ name: 'board_member' })
  members?: Relation<Member>[];

  @RelationId((board: Board) => board.members)
  memberIds: number[];

  // By name: importing `Card` here, and `Board` there, would be a circular import.
  @OneToMany('Card', 'board')
  cards?: Relation<Card>[];

  @RelationId((board: Board) => board.cards)
  cardIds: number[];
}
