import { Column, CreateDateColumn, Entity, ManyToOne, PrimaryGeneratedColumn, type Relation } from 'typeorm';
import { Board } from '../boards/board.entity.js';
import { Member } from '../members/member.entity.js';

/** One line of "who did what". */
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

  /** What they did, to be read after their name: `moved “Water the plants” to Done`. */
  @Column()
  what: string;

  @CreateDateColumn()
  at: Date;
}
