import { Length } from 'class-validator';

/** To create a board, and to rename it. */
export class SaveBoardDto {
  @Length(1, 60)
  title: string;
}
