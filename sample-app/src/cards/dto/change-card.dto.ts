import { IsIn, IsInt, IsNumber, Length, ValidateIf } from 'class-validator';
import { type Column, columns } from '../column.js';

/** Skips validation for `undefined` only; `@IsOptional()` would let `null` pass, too. */
const IfGiven = () => ValidateIf((_, value) => value !== undefined);

export class ChangeCardDto {
  @IfGiven()
  @Length(1, 120)
  title?: string;

  @IfGiven()
  @IsIn(columns)
  column?: Column;

  @IfGiven()
  @IsNumber()
  position?: number;

  /** The board that the card moves to. */
  @IfGiven()
  @IsInt()
  boardId?: number;

  /** Admins only. */
  @IfGiven()
  @Length(0, 500)
  note?: string;

  /** `null` means nobody. */
  @ValidateIf((_, value) => value !== undefined && value !== null)
  @IsInt()
  assigneeId?: number | null;
}
