import { IsBoolean } from 'class-validator';
import { RenameBoardDto } from './rename-board.dto.js';

export class CreateBoardDto extends RenameBoardDto {
  @IsBoolean()
  isPrivate: boolean = false;
}
