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

  /** To all but its owner and its members, a private board does not exist. It is private from its first day to its last, so that not everybody has to be made to forget it. */
  @Column()
  isPrivate: boolean;

  /** Whom the owner of a private board let in. */
  @ManyToMany(() => Member)
  @JoinTable({ name: 'board_member' })
  members?: Relation<Member>[];

  @RelationId((board: Board) => board.members)
  memberIds: number[];

  @OneToMany('Card', 'board')
  cards?: Relation<Card>[];

  @RelationId((board: Board) => board.cards)
  cardIds: number[];
}
