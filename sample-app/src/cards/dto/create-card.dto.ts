import { IsIn, Length } from 'class-validator';
import { type Column, columns } from '../column.js';

export class CreateCardDto {
  @Length(1, 120)
  title: string;

  @IsIn(columns)
  column: Column = 'todo';
}
