import { Column, Entity, OneToMany, PrimaryGeneratedColumn, type Relation, RelationId } from 'typeorm';
import type { Card } from '../cards/card.entity.js';

@Entity()
export class Board {
  @PrimaryGeneratedColumn()
  id: number;

  @Column()
  title: string;

  @OneToMany('Card', 'board')
  cards?: Relation<Card>[];

  @RelationId((board: Board) => board.cards)
  cardIds: number[];
}
