import { Column, Entity, ManyToOne, OneToMany, PrimaryGeneratedColumn, type Relation, RelationId } from 'typeorm';
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

  /** To all but its owner, a private board does not exist. It is private from its first day to its last, so that nobody has to be made to forget it. */
  @Column()
  isPrivate: boolean;

  @OneToMany('Card', 'board')
  cards?: Relation<Card>[];

  @RelationId((board: Board) => board.cards)
  cardIds: number[];
}
