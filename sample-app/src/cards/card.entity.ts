import { Expose } from 'class-transformer';
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
  VersionColumn,
} from 'typeorm';
import { Board } from '../boards/board.entity.js';
import type { Comment } from '../comments/comment.entity.js';
import { Member } from '../members/member.entity.js';
import type { Column as BoardColumn } from './column.js';

@Entity()
export class Card {
  @PrimaryGeneratedColumn()
  id: number;

  @Column()
  boardId: number;

  @ManyToOne(() => Board, (board) => board.cards, { onDelete: 'CASCADE' })
  board?: Relation<Board>;

  @Column()
  title: string;

  @Column('text', { default: 'todo' })
  column: BoardColumn;

  /** Orders the cards of a column. A card dropped between two others gets the mean of theirs, so no other changes. */
  @Column('real')
  position: number;

  @Column('integer', { nullable: true })
  assigneeId: number | null;

  @ManyToOne(() => Member, { eager: true, nullable: true })
  assignee: Relation<Member> | null;

  @OneToMany('Comment', 'card')
  comments?: Relation<Comment>[];

  @RelationId((card: Card) => card.comments)
  commentIds: number[];

  @ManyToMany(() => Member)
  @JoinTable({ name: 'vote' })
  voters?: Relation<Member>[];

  @RelationId((card: Card) => card.voters)
  voterIds: number[];

  /** Admins only. */
  @Expose({ groups: ['admin'] })
  @Column('text', { default: '' })
  note: string;

  /** Tells a page which of two versions of the card is newer. */
  @VersionColumn()
  version: number;
}
