import { Column, CreateDateColumn, Entity, ManyToOne, PrimaryGeneratedColumn, type Relation } from 'typeorm';
import { Board } from '../boards/board.entity.js';
import { Member } from '../members/member.entity.js';

/** A line of the "Who did what" list. */
@Entity()
export class Activity {
  @PrimaryGeneratedColumn()
  id: number;

  @Column()
  boardId: number;

  @ManyToOne(() => Board, { onDelete: 'CASCADE' })
  board: Relation<Board>;

  @Column()
  memberId: number;

  @ManyToOne(() => Member)
  member: Relation<Member>;

  /** Completes a sentence that starts with the member's name: `moved “Water the plants” to Done`. */
  @Column()
  what: string;

  @CreateDateColumn()
  at: Date;
}
