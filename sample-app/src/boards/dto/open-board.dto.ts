import { IsInt } from 'class-validator';

export class OpenBoardDto {
  @IsInt()
  boardId: number;
}
