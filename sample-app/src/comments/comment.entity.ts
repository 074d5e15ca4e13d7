import { Column, CreateDateColumn, Entity, ManyToOne, PrimaryGeneratedColumn, type Relation } from 'typeorm';
import { Card } from '../cards/card.entity.js';
import { Member } from '../members/member.entity.js';

@Entity()
export class Comment {
  @PrimaryGeneratedColumn()
  id: number;

  @Column()
  cardId: number;

  @ManyToOne(() => Card, (card) => card.comments, { onDelete: 'CASCADE' })
  card?: Relation<Card>;

  @Column()
  authorId: number;

  @ManyToOne(() => Member, { eager: true })
  author: Relation<Member>;

  @Column()
  text: string;

  @CreateDateColumn()
  at: Date;
}
