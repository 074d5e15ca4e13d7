import { Length } from 'class-validator';

export class RenameBoardDto {
  @Length(1, 60)
  title: string;
}
